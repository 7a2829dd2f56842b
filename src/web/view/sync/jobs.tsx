import type { JobSnapshot, QueueSnapshot } from '../../../../jobs/queue-snapshot';
import type { PageQuery } from '../../query';
import { Name, Panel, Pill, Table, When, type Moment } from '../components';
import { showCount } from '../format';

interface ShownJob extends JobSnapshot {
  /** The scope, with the names of what it numbers. */
  readonly of: string;
}

/** The jobs that contain `text`, in any case. */
function findJobs(
  jobs: readonly JobSnapshot[],
  names: ReadonlyMap<string, string>,
  text: string,
): readonly ShownJob[] {
  const named = jobs.map((job) => {
    const words = job.scope.split(' ').map((word) => names.get(word) ?? word);
    return { ...job, of: words.join(' ') };
  });
  return named.filter(({ state, name, of, scope, error }) =>
    `${state} ${name} ${of} ${scope} ${error ?? ''}`.toLowerCase().includes(text.toLowerCase()),
  );
}

function countJobs(counts: QueueSnapshot['counts']): string {
  const some = Object.entries(counts).filter(([, count]) => count > 0);
  if (some.length === 0) return 'The queue is empty.';
  return some.map(([state, count]) => `${showCount(count)} ${state}`).join(', ');
}

function JobFilter({ find }: { find: string }) {
  return (
    <form method="get" action="/sync#jobs" class="filters" aria-label="Filter jobs" data-filters>
      <label>
        Find <input type="search" name="find" value={find} placeholder="failed, earnings, a sub-account" />
      </label>
      <button type="submit">Show</button>
    </form>
  );
}

export function Jobs(props: {
  queue: QueueSnapshot;
  names: ReadonlyMap<string, string>;
  moment: Moment;
  query: PageQuery;
}) {
  const { queue, names, moment, query } = props;
  const find = query.find ?? '';
  return (
    <Panel title="Jobs" id="jobs" note={countJobs(queue.counts)}>
      <JobFilter find={find} />
      <Table
        label="Jobs"
        columns={['state', 'job', 'scope', 'time', { heading: 'attempts', isNumber: true }, 'failure']}
        rows={findJobs(queue.jobs, names, find).map((job) => [
          <Pill tone={job.state === 'failed' ? 'bad' : job.state === 'active' ? 'busy' : 'calm'}>
            {job.state}
          </Pill>,
          job.name,
          <Name>{job.of}</Name>,
          <When at={job.at} moment={moment} />,
          String(job.attempts),
          job.error ?? '',
        ])}
        empty={find === '' ? 'No jobs.' : 'No matching jobs.'}
      />
    </Panel>
  );
}
