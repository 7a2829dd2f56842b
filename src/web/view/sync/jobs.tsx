import type { QueueSnapshot } from '../../../../jobs/queue-snapshot';
import type { PageQuery } from '../../query';
import { Name, Panel, Pill, Table, When, type Moment } from '../components';
import { showCount } from '../format';

export function Jobs(props: {
  queue: QueueSnapshot;
  names: ReadonlyMap<string, string>;
  moment: Moment;
  query: PageQuery;
}) {
  const { queue, names, moment, query } = props;
  const named = queue.jobs.map((job) => ({
    ...job,
    of: job.scope
      .split(' ')
      .map((word) => names.get(word) ?? word)
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
      <form method="get" action="/sync#jobs" class="filters" aria-label="Filter jobs" data-filters>
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
          { heading: 'scope' },
          { heading: 'time' },
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
        empty={find === '' ? 'No jobs.' : 'No matching jobs.'}
      />
    </Panel>
  );
}
