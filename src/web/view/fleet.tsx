import type { FleetData } from '../../report/page/page-data';
import type { PageFrame } from '../../report/page/filter';
import type { PageQuery } from '../query';
import type { Moment } from './components';
import { AlgorithmPanel } from './fleet/algorithm';
import { NeedyMachines } from './fleet/attention';
import { Groups } from './fleet/groups';
import { Rejects } from './fleet/rejects';

interface Props {
  readonly data: FleetData;
  readonly frame: PageFrame;
  readonly moment: Moment;
  readonly query: PageQuery;
}

export function Fleet({ data, moment, query, frame }: Props) {
  const algos = [...new Set(data.series.map(({ algo }) => algo))];
  const size = (algo: string) =>
    data.series
      .filter((point) => point.algo === algo)
      .reduce((most, { active }) => Math.max(most, active), 0);
  algos.sort((a, b) => size(b) - size(a));
  return (
    <>
      <h1>Fleet</h1>
      <p class="note">
        {frame.from} to {frame.to}, by {data.isByHour ? 'hour' : 'day'}.
      </p>
      <NeedyMachines attention={data.attention} moment={moment} />
      {algos.length === 0 ? <p class="empty">No snapshots in this period.</p> : null}
      <div class="pair">
        {algos.map((algo) => (
          <AlgorithmPanel
            algo={algo}
            points={data.series.filter((point) => point.algo === algo)}
            isByHour={data.isByHour}
            moment={moment}
          />
        ))}
      </div>
      <Rejects points={data.rejects} />
      <Groups
        title="Sub-accounts"
        id="fleets"
        note="Uptime over the period: the share of snapshots in which a machine was active, of those that list it."
        groups={data.fleets}
        query={query}
      />
      <Groups
        title="Machines by name prefix"
        id="prefixes"
        note="Uptime over the last seven days, lowest first."
        groups={data.prefixes}
        query={query}
      />
    </>
  );
}
