import type { StreamRow } from '../../../report/page/syncing';
import { Name, Panel, Pill, Table, When, type Moment, type Tone } from '../components';
import { showCount, showDuration } from '../format';

const STATE_TONES: Readonly<Record<string, Tone>> = {
  fresh: 'good',
  failing: 'bad',
  late: 'bad',
  'first sync': 'busy',
  waiting: 'calm',
  'nothing to ask': 'calm',
};

export function Streams({ streams, moment }: { streams: readonly StreamRow[]; moment: Moment }) {
  return (
    <Panel
      title="Streams"
      id="streams"
      note="Each kind of data of each account: its last success, and its problems."
    >
      <Table
        label="Streams"
        columns={[
          'stream',
          'state',
          'last success',
          'next',
          { heading: 'every', isNumber: true, isExtra: true },
          { heading: 'scopes', isNumber: true },
          'problems',
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
        empty="Nothing has been synced yet."
      />
    </Panel>
  );
}

function wrongsOf(row: StreamRow): string {
  return [
    row.lastError,
    row.openQuarantine > 0 ? `${row.openQuarantine} in quarantine` : null,
    row.rowsInDoubt > 0 ? `${row.rowsInDoubt} in doubt` : null,
    row.degradedRows > 0 ? `${row.degradedRows} with an unreadable detail` : null,
    row.unservedRows > 0 ? `${row.unservedRows} no longer served` : null,
    row.unknownValues === null ? null : `unknown: ${row.unknownValues}`,
  ]
    .filter((wrong) => wrong !== null)
    .join('; ');
}
