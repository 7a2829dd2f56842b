import { plural } from '../../core/plural';
import type { OverviewData } from '../../report/page/page-data';
import type { Backfill } from '../../report/page/backfill';
import type { HashrateCard, IncomeCard } from '../../report/page/cards';
import type { Problem, Severity } from '../../report/wellness/problem';
import { addressOf, type PageQuery } from '../query';
import { Amount, Command, Pill, SIGNS, Spark, type Moment, type Tone } from './components';
import { isZero, showCount, showDuration, showHashrate, showPercent, showRounded } from './format';

const TONES: Readonly<Record<Severity, Tone>> = { critical: 'bad', warning: 'warn', progress: 'busy' };
const WORDS: Readonly<Record<Severity, string>> = {
  critical: 'Critical',
  warning: 'Warning',
  progress: 'In progress',
};
const MOST_CARDS = 8;

export function Overview({ data, moment, query }: { data: OverviewData; moment: Moment; query: PageQuery }) {
  return (
    <>
      <h1 class="visually-hidden">Overview</h1>
      <VerdictLine problems={data.problems} />
      <Problems problems={data.problems} />
      <BackfillBar backfill={data.backfill} />
      <section aria-labelledby="income-cards">
        <h2 id="income-cards">
          <a href={addressOf('/income', query)}>Income</a>
        </h2>
        {data.income.length === 0 ? <p class="empty">No income has been read yet.</p> : null}
        <div class="cards">
          {data.income.slice(0, MOST_CARDS).map((card) => (
            <IncomeFigure card={card} moment={moment} query={query} />
          ))}
        </div>
      </section>
      <section aria-labelledby="fleet-cards">
        <h2 id="fleet-cards">
          <a href={addressOf('/fleet', query)}>Fleet</a>
        </h2>
        {data.hashrate.length === 0 ? <p class="empty">No machine has been listed yet.</p> : null}
        <div class="cards">
          {data.hashrate.slice(0, MOST_CARDS).map((card) => (
            <HashrateFigure card={card} query={query} />
          ))}
          {data.hashrate.length === 0 ? null : <MachinesFigure data={data} query={query} />}
          <RequestsFigure data={data} query={query} />
        </div>
      </section>
    </>
  );
}

function VerdictLine({ problems }: { problems: readonly Problem[] }) {
  const [first] = problems;
  const tone: Tone = first === undefined ? 'good' : TONES[first.severity];
  const count = (severity: Severity) => problems.filter((problem) => problem.severity === severity).length;
  const words =
    first === undefined
      ? 'All is well'
      : count('critical') > 0
        ? `Not working: ${count('critical')} ${plural(count('critical'), 'critical problem')}`
        : count('warning') > 0
          ? `Working, with ${count('warning')} ${plural(count('warning'), 'warning')}`
          : 'The first sync is in progress';
  return (
    <div class={`verdict ${tone}`} id="verdict" role="status">
      <span class="sign" aria-hidden="true">
        {SIGNS[tone]}
      </span>
      <p>
        <strong>{words}.</strong>
      </p>
    </div>
  );
}

function Problems({ problems }: { problems: readonly Problem[] }) {
  if (problems.length === 0) return null;
  return (
    <ul class="problems" aria-label="Problems">
      {problems.map(({ severity, what, cause, fix }) => (
        <li class={TONES[severity]}>
          <Pill tone={TONES[severity]}>{WORDS[severity]}</Pill>
          <p>
            <strong>{what}</strong> {cause}
          </p>
          <Command>{fix}</Command>
        </li>
      ))}
    </ul>
  );
}

/** Renders nothing once all history has been read. */
function BackfillBar({ backfill }: { backfill: Backfill }) {
  const { lists, complete, rows, poolRows, rowsPerMinute, remainingMs } = backfill;
  if (lists === 0 || lists === complete) return null;
  const share = poolRows === null || poolRows === 0 ? null : Math.min(1, rows / poolRows);
  const percent = share === null ? null : showRounded(Math.floor(share * 1_000) / 10, 1);
  return (
    <section class="panel backfill" aria-labelledby="backfill">
      <h2 id="backfill">
        History: {percent === null ? `${complete} of ${lists} lists` : `${percent} % of the rows`}
      </h2>
      <progress
        max={1}
        {...(share === null ? { value: complete / lists } : { value: share })}
        aria-labelledby="backfill"
      />
      <p class="facts">
        <span>
          {showCount(rows)} {poolRows === null ? 'rows read' : `of ${showCount(poolRows)} rows`}
        </span>
        <span>
          {complete} of {lists} lists of income complete
        </span>
        <span>{showCount(rowsPerMinute)} rows a minute</span>
        <span>
          {remainingMs === null
            ? poolRows === null
              ? 'time left: known once the pool has counted every list'
              : 'time left: unknown while no rows arrive'
            : `about ${showDuration(remainingMs)} left at this rate`}
        </span>
      </p>
    </section>
  );
}

function IncomeFigure({ card, moment, query }: { card: IncomeCard; moment: Moment; query: PageQuery }) {
  const { currency } = card;
  return (
    <article class="card">
      <h3>
        <a href={addressOf('/income', query, { currency })}>{currency}</a>{' '}
        <span class="muted">yesterday</span>
      </h3>
      <p class="figure">
        <Amount value={card.yesterday} moment={moment} unit={currency} />
      </p>
      <Spark values={card.days} label={`${currency} by day, the last 30 days`} />
      <dl>
        <dt>7 days</dt>
        <dd>
          <Amount value={card.week} moment={moment} unit={currency} />
        </dd>
        <dt>30 days</dt>
        <dd>
          <Amount value={card.month} moment={moment} unit={currency} />
        </dd>
        <dt>settled</dt>
        <dd>
          <Amount value={card.settled} moment={moment} unit={currency} />
        </dd>
        <dt class={isZero(card.pending) ? 'muted' : ''}>pending</dt>
        <dd class={isZero(card.pending) ? 'muted' : ''}>
          <Amount value={card.pending} moment={moment} unit={currency} />
        </dd>
      </dl>
    </article>
  );
}

function HashrateFigure({ card, query }: { card: HashrateCard; query: PageQuery }) {
  const { algo, now, weekMean, active, inactive, invalid, hours } = card;
  const change = weekMean === null || weekMean === 0 ? null : now / weekMean - 1;
  return (
    <article class="card">
      <h3>
        <a href={addressOf('/fleet', query, { algo })}>{algo}</a> <span class="muted">hashrate now</span>
      </h3>
      <p class="figure" title={`${Math.round(now)} H/s`}>
        {showHashrate(now)}
      </p>
      <Spark values={hours} label={`Hashrate of ${algo} by hour, the last 7 days`} color="var(--c2)" />
      <dl>
        <dt>7-day mean</dt>
        <dd>{showHashrate(weekMean)}</dd>
        <dt>change</dt>
        <dd class={change !== null && change < -0.1 ? 'bad' : ''}>
          {change === null ? '–' : `${change >= 0 ? '+' : '−'}${showPercent(Math.abs(change))}`}
        </dd>
        <dt>active</dt>
        <dd>
          {showCount(active)} of {showCount(active + inactive + invalid)}
        </dd>
      </dl>
    </article>
  );
}

function MachinesFigure({ data, query }: { data: OverviewData; query: PageQuery }) {
  const sum = (part: 'active' | 'inactive' | 'invalid') =>
    data.hashrate.reduce((total, card) => total + card[part], 0);
  const all = sum('active') + sum('inactive') + sum('invalid');
  return (
    <article class="card">
      <h3>Machines</h3>
      <p class="figure">
        {showCount(sum('active'))} <span class="muted">of {showCount(all)} active</span>
      </p>
      <div
        class="share"
        role="img"
        aria-label={`${sum('active')} active, ${sum('inactive')} inactive, ${sum('invalid')} invalid`}
      >
        <span class="good" style={`flex-grow:${sum('active')}`} />
        <span class="warn" style={`flex-grow:${sum('inactive')}`} />
        <span class="bad" style={`flex-grow:${sum('invalid')}`} />
      </div>
      <dl>
        <dt>inactive</dt>
        <dd>{showCount(sum('inactive'))}</dd>
        <dt>invalid</dt>
        <dd>{showCount(sum('invalid'))}</dd>
        <dt>need attention</dt>
        <dd>
          <a href={`${addressOf('/fleet', query)}#attention`}>{showCount(data.needingAttention)}</a>
        </dd>
      </dl>
    </article>
  );
}

function RequestsFigure({ data, query }: { data: OverviewData; query: PageQuery }) {
  const { requests, allowedPerHour } = data;
  return (
    <article class="card">
      <h3>
        <a href={addressOf('/sync', query)}>Requests</a> <span class="muted">the last hour</span>
      </h3>
      <p class="figure">
        {showCount(requests.lastHour)}{' '}
        {allowedPerHour === null ? null : <span class="muted">of {showCount(allowedPerHour)} allowed</span>}
      </p>
      <Spark values={requests.perMinute} label="Requests by minute, the last hour" color="var(--c3)" />
      <dl>
        <dt>used</dt>
        <dd>{allowedPerHour === null ? '–' : showPercent(requests.lastHour / allowedPerHour)}</dd>
      </dl>
    </article>
  );
}
