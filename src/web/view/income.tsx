import type {
  ClosedMonth,
  IncomeBySubAccount,
  IncomeOfSubAccount,
  IncomePoint,
} from '../../report/page/income';
import type { PageFrame } from '../../report/page/filter';
import type { ReconciliationRow } from '../../report/reconciliation';
import { ExactSum } from '../../core/exact-sum';
import { barOption } from '../charts/options';
import type { Chart } from '../charts/render';
import { addressOf, type PageQuery } from '../query';
import {
  Amount,
  Command,
  Drawing,
  Name,
  Panel,
  Pill,
  Table,
  When,
  type Moment,
  type Tone,
} from './components';
import { showPercent } from './format';

export interface IncomeData {
  readonly points: readonly IncomePoint[];
  /** Null: no income. */
  readonly bySubAccount: IncomeBySubAccount | null;
  readonly league: readonly IncomeOfSubAccount[];
  readonly months: readonly ClosedMonth[];
  readonly reconciliation: readonly ReconciliationRow[];
}

interface Props {
  readonly data: IncomeData;
  readonly frame: PageFrame;
  readonly moment: Moment;
  readonly query: PageQuery;
}

/** Currencies that are drawn unless one is chosen. */
const MOST_CHARTS = 6;
const MOST_ROWS = 62;
const MOST_VERDICTS = 40;
const CHART_HEIGHT = 230;

export function Income(props: Props) {
  const { data, frame, moment, query } = props;
  const byCurrency = groupByCurrency(data.points, frame.currencies);
  return (
    <>
      <h1>Income</h1>
      <p class="note">
        {frame.from} to {frame.to}, by {frame.by}, in units of each currency.{' '}
        {moment.isExact ? (
          <a href={addressOf('/income', query, { exact: null })}>Short amounts</a>
        ) : (
          <a href={addressOf('/income', query, { exact: '1' })}>Every digit</a>
        )}
      </p>
      {byCurrency.length === 0 ? <p class="empty">No income in this period.</p> : null}
      <div class="pair">
        {byCurrency.slice(0, MOST_CHARTS).map(([currency, points]) => (
          <CurrencyPanel currency={currency} points={points} {...props} />
        ))}
      </div>
      {byCurrency.length > MOST_CHARTS ? (
        <p class="note">
          More:{' '}
          {byCurrency.slice(MOST_CHARTS).map(([currency]) => (
            <>
              <a href={addressOf('/income', query, { currency })}>{currency}</a>{' '}
            </>
          ))}
        </p>
      ) : null}
      <SubAccountPanel {...props} />
      <League {...props} />
      <Reconciliation rows={data.reconciliation} moment={moment} />
      <Months months={data.months} moment={moment} />
    </>
  );
}

function groupByCurrency(
  points: readonly IncomePoint[],
  currencies: readonly string[],
): readonly (readonly [string, readonly IncomePoint[]])[] {
  const groups = new Map<string, IncomePoint[]>();
  for (const point of points) {
    const group = groups.get(point.currency);
    if (group === undefined) groups.set(point.currency, [point]);
    else group.push(point);
  }
  return currencies.flatMap((currency) => {
    const group = groups.get(currency);
    return group === undefined ? [] : [[currency, group] as const];
  });
}

/** Every day or month of the period, those without income too, so that a gap is seen as one. */
function startsOf({ from, to, by }: PageFrame, points: readonly IncomePoint[]): readonly string[] {
  const first = points[0]?.start ?? from;
  const starts: string[] = [];
  const day = new Date(
    `${first < from && by === 'month' ? first : by === 'month' ? `${from.slice(0, 7)}-01` : from}T00:00:00Z`,
  );
  const limit = 1_200;
  for (let at = day; at.toISOString().slice(0, 10) <= to && starts.length < limit;) {
    starts.push(at.toISOString().slice(0, 10));
    at =
      by === 'month'
        ? new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 1))
        : new Date(at.getTime() + 86_400_000);
  }
  return starts;
}

function incomeChart(currency: string, points: readonly IncomePoint[], frame: PageFrame): Chart {
  const starts = startsOf(frame, points);
  const byStart = new Map(points.map((point) => [point.start, point]));
  const series = (part: 'settled' | 'pending') => ({
    values: starts.map((start) => Number(byStart.get(start)?.[part] ?? 0)),
    texts: starts.map((start) => `${byStart.get(start)?.[part] ?? '0'} ${currency}`),
  });
  return {
    label: `Bars: ${currency} by ${frame.by} from ${frame.from} to ${frame.to}, settled and pending. The table below has the figures.`,
    height: CHART_HEIGHT,
    option: barOption({
      categories: starts.map((start) => (frame.by === 'month' ? start.slice(0, 7) : start.slice(5))),
      unit: currency,
      series: [
        { name: 'settled', stack: 'income', color: 'var(--c1)', ...series('settled') },
        { name: 'pending', stack: 'income', color: 'var(--c4)', ...series('pending') },
      ],
    }),
  };
}

function CurrencyPanel({
  currency,
  points,
  frame,
  moment,
}: Props & { currency: string; points: readonly IncomePoint[] }) {
  const sum = (part: 'settled' | 'pending' | 'total') => {
    const total = new ExactSum();
    for (const point of points) total.add(point[part]);
    return total.toText();
  };
  const rows = [...points].reverse();
  return (
    <Panel
      title={currency}
      id={`income-${currency}`}
      note={
        <>
          <Amount value={sum('total')} moment={moment} unit={currency} /> {currency} in the period, of which{' '}
          <Amount value={sum('pending')} moment={moment} unit={currency} /> pending
        </>
      }
    >
      <Drawing chart={incomeChart(currency, points, frame)} id={`chart-${currency}`} />
      <details id={`figures-${currency}`} open={frame.currencies.length === 1 || rows.length <= 12}>
        <summary>Figures of {currency}</summary>
        <Table
          label={`${currency} by ${frame.by}`}
          columns={[
            { heading: frame.by },
            { heading: 'settled', isNumber: true },
            { heading: 'pending', isNumber: true },
            { heading: 'total', isNumber: true },
          ]}
          rows={[
            ...rows
              .slice(0, MOST_ROWS)
              .map((point) => [
                frame.by === 'month' ? point.start.slice(0, 7) : point.start,
                <Amount value={point.settled} moment={moment} unit={currency} />,
                <Amount value={point.pending} moment={moment} unit={currency} />,
                <Amount value={point.total} moment={moment} unit={currency} />,
              ]),
            [
              <strong>in all</strong>,
              <Amount value={sum('settled')} moment={moment} unit={currency} />,
              <Amount value={sum('pending')} moment={moment} unit={currency} />,
              <Amount value={sum('total')} moment={moment} unit={currency} />,
            ],
          ]}
          empty="No income in this period."
        />
        {rows.length > MOST_ROWS ? (
          <p class="note">Only the newest {MOST_ROWS} are listed; the sum is of all.</p>
        ) : null}
      </details>
    </Panel>
  );
}

const OTHERS = 'others';

/** Nothing, where one sub-account earned it all: its bars are those of the currency. */
function SubAccountPanel({ data, frame, moment }: Props) {
  const { currency, points } = data.bySubAccount ?? { currency: '', points: [] };
  const owners = new Map(points.map(({ puid, subAccount }) => [puid, subAccount ?? OTHERS]));
  if (owners.size < 2) return null;
  const names = [...owners.values()];
  const isShared = (name: string): boolean => names.indexOf(name) !== names.lastIndexOf(name);
  const starts = startsOf(frame, data.points);
  const totals = new Map(points.map(({ start, puid, total }) => [`${start} ${puid}`, total]));
  // The last colour is of all others.
  const inOrder = [...owners].sort(([a], [b]) => Number(a === null) - Number(b === null));
  const rows = [...points].reverse();
  const chart: Chart = {
    label: `Bars: ${currency} by ${frame.by} and sub-account from ${frame.from} to ${frame.to}. The table below has the figures.`,
    height: CHART_HEIGHT,
    option: barOption({
      categories: starts.map((start) => (frame.by === 'month' ? start.slice(0, 7) : start.slice(5))),
      unit: currency,
      series: inOrder.map(([puid, name]) => ({
        name: isShared(name) ? `${name} (${puid})` : name,
        stack: 'income',
        values: starts.map((start) => Number(totals.get(`${start} ${puid}`) ?? 0)),
        texts: starts.map((start) => `${totals.get(`${start} ${puid}`) ?? '0'} ${currency}`),
      })),
    }),
  };
  return (
    <Panel
      title={`${currency} by sub-account`}
      id="income-by-sub-account"
      note="Settled and pending together; those that earned most have a colour of their own."
    >
      <Drawing chart={chart} id="chart-by-sub-account" />
      <details id="figures-by-sub-account">
        <summary>Figures by sub-account</summary>
        <Table
          label={`${currency} by ${frame.by} and sub-account`}
          columns={[{ heading: frame.by }, { heading: 'sub-account' }, { heading: 'total', isNumber: true }]}
          rows={rows
            .slice(0, MOST_ROWS)
            .map(({ start, subAccount, total }) => [
              frame.by === 'month' ? start.slice(0, 7) : start,
              <Name>{subAccount ?? OTHERS}</Name>,
              <Amount value={total} moment={moment} unit={currency} />,
            ])}
          empty="No income in this period."
        />
        {rows.length > MOST_ROWS ? (
          <p class="note">Only the newest {MOST_ROWS} are listed; the API has all.</p>
        ) : null}
      </details>
    </Panel>
  );
}

function League({ data, moment, query }: Props) {
  return (
    <Panel
      title="Sub-accounts"
      id="league"
      note="Who earned what in the period, the most first, by currency."
    >
      <Table
        label="Income by sub-account"
        columns={[
          { heading: 'currency' },
          { heading: 'sub-account' },
          { heading: 'total', isNumber: true },
          { heading: 'pending', isNumber: true, isExtra: true },
          { heading: 'share', isNumber: true },
        ]}
        rows={data.league.map((row) => [
          row.currency,
          <a href={addressOf('/income', query, { puid: row.puid, currency: row.currency })}>
            <Name>{row.subAccount}</Name>
          </a>,
          <Amount value={row.total} moment={moment} unit={row.currency} />,
          <Amount value={row.pending} moment={moment} unit={row.currency} />,
          <span class="bar">
            <span class="fill" style={`width:${Math.round((row.share ?? 0) * 100)}%`} aria-hidden="true" />
            {showPercent(row.share)}
          </span>,
        ])}
        empty="No income in this period."
      />
    </Panel>
  );
}

const VERDICT_TONES: Readonly<Record<ReconciliationRow['verdict'], Tone>> = {
  matches: 'good',
  "matches to the pool's digits": 'good',
  differs: 'bad',
  'not comparable': 'calm',
};

function Reconciliation({ rows, moment }: { rows: readonly ReconciliationRow[]; moment: Moment }) {
  return (
    <Panel
      title="Reconciliation"
      id="reconciliation"
      note="The ledger against the pool’s own totals, as of the moment at which the pool gave each of them."
    >
      <Table
        label="Reconciliation"
        columns={[
          { heading: 'of' },
          { heading: 'currency' },
          { heading: 'verdict' },
          { heading: 'pool’s total', isNumber: true },
          { heading: 'difference', isNumber: true },
          { heading: 'what the total counts' },
          { heading: 'given', isExtra: true },
        ]}
        rows={rows
          .slice(0, MOST_VERDICTS)
          .map((row) => [
            <Name>{row.subAccount ?? `${row.account} (all)`}</Name>,
            row.currency,
            <Pill tone={VERDICT_TONES[row.verdict]}>{row.verdict}</Pill>,
            row.poolTotal === null ? (
              '–'
            ) : (
              <Amount value={row.poolTotal} moment={moment} unit={row.currency} />
            ),
            row.difference === null ? (
              '–'
            ) : (
              <Amount value={row.difference} moment={moment} unit={row.currency} />
            ),
            row.definition ?? row.reason ?? '–',
            <When at={row.observedAt} moment={moment} />,
          ])}
        empty="The pool has given no total yet."
      />
      {rows.length > MOST_VERDICTS ? (
        <p class="note">
          … and {rows.length - MOST_VERDICTS} more: <code>kpool reconcile</code>
        </p>
      ) : null}
    </Panel>
  );
}

const MONTH_TONES: Readonly<Record<ClosedMonth['state'], Tone>> = {
  closed: 'good',
  reopened: 'warn',
  open: 'calm',
  running: 'busy',
};

function Months({ months, moment }: { months: readonly ClosedMonth[]; moment: Moment }) {
  return (
    <Panel
      title="Months"
      id="months"
      note="A closed month is always read as of its close; changes that become known later are adjustments."
    >
      <Table
        label="Months"
        columns={[
          { heading: 'month' },
          { heading: 'state' },
          { heading: 'closed as of', isExtra: true },
          { heading: 'statement' },
          { heading: 'to close it' },
        ]}
        rows={months.map(({ month, state, at }) => [
          month,
          <Pill tone={MONTH_TONES[state]}>{state}</Pill>,
          at === null ? '–' : <When at={at} moment={moment} />,
          <a href={`/statements/${month}.csv`} download aria-label={`Statement of ${month} as CSV`}>
            CSV
          </a>,
          state === 'open' || state === 'reopened' ? <Command>{`kpool close ${month}`}</Command> : '',
        ])}
        empty="No month has income yet."
      />
    </Panel>
  );
}
