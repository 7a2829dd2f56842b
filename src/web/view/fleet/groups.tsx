import type { FleetGroup } from '../../../report/page/fleet';
import { addressOf, type PageQuery } from '../../query';
import { Name, Panel, Table } from '../components';
import { showCount, showHashrate, showPercent, showRejects } from '../format';

export function Groups(props: {
  title: string;
  id: string;
  note: string;
  groups: readonly FleetGroup[];
  query: PageQuery;
}) {
  const { title, id, note, groups, query } = props;
  const hasPrefix = groups.some(({ prefix }) => prefix !== null);
  return (
    <Panel title={title} id={id} note={note}>
      <Table
        label={title}
        columns={[
          ...(hasPrefix ? ['prefix'] : []),
          'sub-account',
          'algorithm',
          { heading: 'uptime', isNumber: true },
          { heading: 'active', isNumber: true },
          { heading: 'hashrate now', isNumber: true },
          { heading: 'rejects', isNumber: true, isExtra: true },
        ]}
        rows={groups.map((group) => [
          ...(hasPrefix ? [<Name>{group.prefix ?? ''}</Name>] : []),
          <a href={addressOf('/fleet', query, { puid: group.puid })}>
            <Name>{group.subAccount}</Name>
          </a>,
          group.algo,
          <span class="bar">
            <span class="fill" style={`width:${Math.round((group.uptime ?? 0) * 100)}%`} aria-hidden="true" />
            {showPercent(group.uptime)}
          </span>,
          `${showCount(group.active)} of ${showCount(group.machines)}`,
          showHashrate(group.hps),
          showRejects(group.rejectRate),
        ])}
        empty="No machines."
      />
    </Panel>
  );
}
