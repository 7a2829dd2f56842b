import type { SyncData } from '../../report/page/page-data';
import type { QueueSnapshot } from '../../../jobs/queue-snapshot';
import type { PageQuery } from '../query';
import type { Moment } from './components';
import { Completeness } from './sync/completeness';
import { Jobs } from './sync/jobs';
import { Pace } from './sync/pace';
import { Quarantine } from './sync/quarantine';
import { Runs } from './sync/runs';
import { Streams } from './sync/streams';

interface Props {
  /** Of the queue: null where this process runs no jobs. */
  readonly data: SyncData & { readonly queue: QueueSnapshot | null };
  readonly moment: Moment;
  readonly query: PageQuery;
}

export function Sync({ data, moment, query }: Props) {
  return (
    <>
      <h1>Sync</h1>
      <Streams streams={data.streams} moment={moment} />
      <Completeness heat={data.heat} backfill={data.backfill} moment={moment} query={query} />
      <Pace requests={data.requests} allowedPerHour={data.allowedPerHour} />
      <Quarantine rows={data.quarantine} moment={moment} />
      <Runs runs={data.runs} moment={moment} />
      {data.queue === null ? null : (
        <Jobs queue={data.queue} names={data.names} moment={moment} query={query} />
      )}
    </>
  );
}
