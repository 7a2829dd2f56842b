import type { QueueSnapshot } from '../../../jobs/queue-snapshot';
import type { Backfill } from '../../report/page/backfill';
import type { RequestsCard } from '../../report/page/cards';
import type { HeatRow, RunRow, StreamRow } from '../../report/page/syncing';
import type { QuarantinedRow } from '../../report/quarantine';
import { heatOption } from '../charts/options';
import type { Chart } from '../charts/render';
import { addressOf, type PageQuery } from '../query';
import {
  Command,
  Drawing,
  Figures,
  Name,
  Panel,
  Pill,
  Spark,
  Table,
  When,
  type Moment,
  type Tone,
} from './components';
import { showCount, showDuration, showPercent } from './format';
import { heatOf, HEAT_PIECES } from './heat';

export interface SyncData {
  readonly streams: readonly StreamRow[];
  readonly runs: readonly RunRow[];
  readonly heat: readonly HeatRow[];
  readonly quarantine: readonly QuarantinedRow[];
  readonly backfill: Backfill;
  readonly requests: RequestsCard;
  readonly allowedPerHour: number | null;
  /** Null where this process runs no jobs. */
  readonly queue: QueueSnapshot | null;
  readonly names: ReadonlyMap<string, string>;
}

interface Props {
  readonly data: SyncData;
  readonly moment: Moment;
  readonly query: PageQuery;
}

const STATE_TONES: Readonly<Record<string, Tone>> = {
  fresh: 'good',
  failing: 'bad',
  late: 'bad',
  'first sync': 'busy',
  waiting: 'calm',
  'nothing to ask': 'calm',
};
const OUTCOME_TONES: Readonly<Record<string, Tone>> = {
  succeeded: 'good',
  partial: 'warn',
  failed: 'bad',
  aborted: 'calm',
};

export function Sync(props: Props) {
  const { data, moment } = props;
  return (
    <>
      <h1>Sync</h1>
      <Streams streams={data.streams} moment={moment} />
      <Completeness {...props} />
      <Pace data={data} />
      <Quarantine rows={data.quarantine} moment={moment} />
      <Runs runs={data.runs} moment={moment} />
      {data.queue === null ? null : <Jobs queue={data.queue} {...props} />}
    </>
  );
}

function Streams({ streams, moment }: { streams: readonly StreamRow[]; moment: Moment }) {
  return (
    <Panel
      title="Streams"
      id="streams"
      note="Each kind of data of each account: when it last succeeded, and what stands in its way."
    >
      <Table
        label="Streams"
        columns={[
          { heading: 'stream' },
          { heading: 'state' },
          { heading: 'last success' },
          { heading: 'next' },
          { heading: 'every', isNumber: true, isExtra: true },
          { heading: 'scopes', isNumber: true },
          { heading: 'what is wrong' },
          { heading: 'account', isExtra: true },
        ]}
        rows={streams.map((row) => [
          row.stream,
          <Pill tone={STATE_TONES[row.state] ?? 'calm'}>
            {row.failingScopes > 0 ? `${row.failingScopes} failing` : row.state}
          </Pill>,
          <When at={row.lastSuccessAt} moment={moment} />,
          row.nextAt === null ? (
            '–'
          ) : row.nextAt <= moment.now ? (
            'due'
          ) : (
            <When at={row.nextAt} moment={moment} />
          ),
          showDuration(row.everyMs),
          showCount(row.scopes),
          wrongsOf(row),
          <Name>{row.account}</Name>,
        ])}
        empty="No account has been read yet."
      />
    </Panel>
  );
}

function wrongsOf(row: StreamRow): string {
  return [
    row.lastError,
    row.openQuarantine > 0 ? `${row.openQuarantine} in quarantine` : null,
    row.rowsInDoubt > 0 ? `${row.rowsInDoubt} in doubt` : null,
    row.degradedRows > 0 ? `${row.degradedRows} without a side field that could not be read` : null,
    row.unservedRows > 0 ? `${row.unservedRows} no longer served` : null,
    row.unknownValues === null ? null : `unknown: ${row.unknownValues}`,
  ]
    .filter((wrong) => wrong !== null)
    .join('; ');
}

function Completeness({ data, moment, query }: Props) {
  const { months, rows } = heatOf(data.heat, moment.now);
  const names = data.heat.map(({ subAccount, algo, stream }) => `${subAccount} ${algo} ${stream}`);
  const chart: Chart = {
    label: 'Heat map: what is proven of each list of income, month by month. The figures follow.',
    height: 60 + 26 * rows.length,
    option: heatOption(
      months,
      names,
      rows.flatMap((pieces, row) =>
        pieces.map((piece, column) => ({
          column,
          row,
          piece,
          text: `${names[row] ?? ''}, ${months[column] ?? ''}: ${HEAT_PIECES[piece]?.label ?? ''}`,
        })),
      ),
      HEAT_PIECES,
    ),
  };
  const { backfill } = data;
  return (
    <Panel
      title="Completeness"
      id="completeness"
      note={
        <>
          {backfill.complete} of {backfill.lists} lists of income read to their beginning;{' '}
          {showCount(backfill.rows)} rows
          {backfill.remainingMs === null ? '' : `, about ${showDuration(backfill.remainingMs)} to the end`}.
          Certified: the rows here are the rows that the pool counts.
        </>
      }
    >
      {rows.length === 0 ? (
        <p class="empty">No list of income is known yet.</p>
      ) : (
        <Drawing chart={chart} id="chart-heat" />
      )}
      <Figures
        id="figures-heat"
        label="What is proven"
        columns={[
          { heading: 'sub-account' },
          { heading: 'algorithm' },
          { heading: 'list' },
          { heading: 'from' },
          { heading: 'to' },
          { heading: 'state' },
        ]}
        rows={data.heat.flatMap((row) =>
          row.spans.map((span) => [
            <a href={addressOf('/sync', query, { puid: row.puid })}>
              <Name>{row.subAccount}</Name>
            </a>,
            row.algo,
            row.stream,
            span.from ?? 'the beginning',
            span.to ?? 'now',
            span.state,
          ]),
        )}
        empty="No list of income is known yet."
      />
    </Panel>
  );
}

function Pace({ data: { requests, allowedPerHour } }: { data: SyncData }) {
  return (
    <Panel
      title="Pace"
      id="pace"
      note="Requests of runs that have ended, against what the pool’s limit allows."
    >
      <div class="pace">
        <p class="figure">
          {showCount(requests.lastHour)}{' '}
          <span class="muted">
            in the last hour
            {allowedPerHour === null
              ? ''
              : `, ${showPercent(requests.lastHour / allowedPerHour)} of ${showCount(allowedPerHour)} allowed`}
          </span>
        </p>
        <Spark values={requests.perMinute} label="Requests by minute, the last hour" color="var(--c3)" />
      </div>
    </Panel>
  );
}

function Quarantine({ rows, moment }: { rows: readonly QuarantinedRow[]; moment: Moment }) {
  return (
    <Panel
      title="Quarantine"
      id="quarantine"
      note="Rows that could not be understood, kept whole until they are, or until a person accepts them."
    >
      <Table
        label="Quarantine"
        columns={[
          { heading: 'number', isNumber: true },
          { heading: 'stream' },
          { heading: 'why' },
          { heading: 'since' },
          { heading: 'more' },
        ]}
        rows={rows.map((row) => [
          String(row.number),
          row.stream,
          row.reason,
          <When at={row.firstSeenAt} moment={moment} />,
          <Command>{`kpool quarantine show ${row.number}`}</Command>,
        ])}
        empty="Nothing waits here."
      />
    </Panel>
  );
}

function Runs({ runs, moment }: { runs: readonly RunRow[]; moment: Moment }) {
  return (
    <Panel title="Runs" id="runs" note="The last syncs of single scopes, newest first.">
      <Table
        label="Runs"
        columns={[
          { heading: 'began' },
          { heading: 'stream' },
          { heading: 'of' },
          { heading: 'outcome' },
          { heading: 'requests', isNumber: true },
          { heading: 'read', isNumber: true },
          { heading: 'inserted', isNumber: true },
          { heading: 'changed', isNumber: true },
          { heading: 'withdrawn', isNumber: true },
          { heading: 'why' },
        ]}
        rows={runs.map((run) => [
          <When at={run.startedAt} moment={moment} />,
          run.stream,
          <>
            <Name>{run.subAccount ?? run.account}</Name> {run.algo}
          </>,
          run.outcome === null ? (
            <Pill tone="busy">under way</Pill>
          ) : (
            <Pill tone={OUTCOME_TONES[run.outcome] ?? 'calm'}>{run.outcome}</Pill>
          ),
          showCount(run.requests),
          showCount(run.read),
          showCount(run.inserted),
          showCount(run.changed),
          showCount(run.withdrawn),
          run.error ?? '',
        ])}
        empty="Nothing has run yet."
      />
    </Panel>
  );
}

function Jobs({ queue, data, query, moment }: Props & { queue: QueueSnapshot }) {
  const named = queue.jobs.map((job) => ({
    ...job,
    of: job.scope
      .split(' ')
      .map((word) => data.names.get(word) ?? word)
      .join(' '),
  }));
  const find = query.find?.toLowerCase() ?? '';
  const shown = named.filter(
    (job) =>
      find === '' ||
      `${job.state} ${job.name} ${job.of} ${job.scope} ${job.error ?? ''}`.toLowerCase().includes(find),
  );
  const counts = Object.entries(queue.counts).filter(([, count]) => count > 0);
  return (
    <Panel
      title="Jobs"
      id="jobs"
      note={
        counts.length === 0
          ? 'The queue is empty.'
          : counts.map(([state, count]) => `${showCount(count)} ${state}`).join(', ')
      }
    >
      <form method="get" action="/sync#jobs" class="filters" aria-label="Jobs that are shown" data-filters>
        <label>
          Find{' '}
          <input
            type="search"
            name="find"
            value={query.find ?? ''}
            placeholder="failed, earnings, a sub-account"
          />
        </label>
        <button type="submit">Show</button>
      </form>
      <Table
        label="Jobs"
        columns={[
          { heading: 'state' },
          { heading: 'job' },
          { heading: 'of' },
          { heading: 'begins, began or ended' },
          { heading: 'attempts', isNumber: true },
          { heading: 'failure' },
        ]}
        rows={shown.map((job) => [
          <Pill tone={job.state === 'failed' ? 'bad' : job.state === 'active' ? 'busy' : 'calm'}>
            {job.state}
          </Pill>,
          job.name,
          <Name>{job.of}</Name>,
          <When at={job.at} moment={moment} />,
          String(job.attempts),
          job.error ?? '',
        ])}
        empty={find === '' ? 'No job is kept.' : 'No job is like that.'}
      />
    </Panel>
  );
}
