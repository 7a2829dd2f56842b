import type { Attention, NeedyMachine } from '../../../report/page/fleet';
import { Name, Panel, Table, When, type Moment } from '../components';
import { showCount, showHashrate, showPercent, showRounded } from '../format';
import { Reasons } from './reasons';

function addressOfMachine({
  puid,
  algo,
  workerId,
}: Pick<NeedyMachine, 'puid' | 'algo' | 'workerId'>): string {
  return `/fleet/machines/${puid}/${encodeURIComponent(algo)}/${workerId}`;
}

export function NeedyMachines({ attention, moment }: { attention: Attention; moment: Moment }) {
  const { count, machines } = attention;
  return (
    <Panel
      title={
        count === 0
          ? 'No machine needs attention'
          : `${showCount(count)} ${count === 1 ? 'machine needs' : 'machines need'} attention`
      }
      id="attention"
      note="Ordered by lost hashrate, compared with the machine’s own good weeks."
    >
      <Table
        label="Machines that need attention"
        columns={[
          'machine',
          'reasons',
          { heading: 'lost', isNumber: true },
          { heading: 'now', isNumber: true },
          { heading: 'usual', isNumber: true },
          { heading: 'uptime, 7 days', isNumber: true },
          { heading: 'rejects', isNumber: true },
          'last share',
          { heading: 'sub-account', isExtra: true },
        ]}
        rows={machines.map((machine) => [
          <a href={addressOfMachine(machine)}>
            <Name>{machine.name === '' ? machine.workerId : machine.name}</Name>
          </a>,
          <Reasons reasons={machine.reasons} />,
          showHashrate(machine.lostHps),
          showHashrate(machine.hps),
          showHashrate(machine.usualHps),
          showPercent(machine.uptime),
          machine.rejectRate === null ? '–' : `${showRounded(machine.rejectRate, 2)} %`,
          <When at={machine.lastShareAt} moment={moment} />,
          <Name>{machine.subAccount}</Name>,
        ])}
        empty="All machines perform as usual."
      />
      {count > machines.length ? (
        <p class="note">
          Only the first {machines.length} are listed; <code>report.worker_attention</code> has all.
        </p>
      ) : null}
    </Panel>
  );
}
