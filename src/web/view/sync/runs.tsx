import type { RunRow } from '../../../report/page/syncing';
import { Name, Panel, Pill, Table, When, type Moment, type Tone } from '../components';
import { showCount } from '../format';

const OUTCOME_TONES: Readonly<Record<string, Tone>> = {
  succeeded: 'good',
  partial: 'warn',
  failed: 'bad',
  aborted: 'calm',
};

export function Runs({ runs, moment }: { runs: readonly RunRow[]; moment: Moment }) {
  return (
    <Panel title="Runs" id="runs" note="The latest syncs, one scope each, newest first.">
      <Table
        label="Runs"
        columns={[
          'started',
          'stream',
          'scope',
          'outcome',
          { heading: 'requests', isNumber: true },
          { heading: 'read', isNumber: true },
          { heading: 'inserted', isNumber: true },
          { heading: 'changed', isNumber: true },
          { heading: 'withdrawn', isNumber: true },
          'reason',
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
        empty="No runs yet."
      />
    </Panel>
  );
}
