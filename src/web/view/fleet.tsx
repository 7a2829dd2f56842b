import type { Attention, FleetGroup, FleetPoint, NeedyMachine, RejectPoint } from '../../report/page/fleet';
import type { PageFrame } from '../../report/page/filter';
import { barOption, inOneUnit, lineOption } from '../charts/options';
import type { Chart } from '../charts/render';
import { addressOf, type PageQuery } from '../query';
import { Drawing, Figures, Name, Panel, Pill, Table, When, type Moment, type Tone } from './components';
import { showCount, showHashrate, showPercent, trimmed } from './format';

export interface FleetData {
  readonly series: readonly FleetPoint[];
  readonly isByHour: boolean;
  readonly rejects: readonly RejectPoint[];
  readonly fleets: readonly FleetGroup[];
  readonly prefixes: readonly FleetGroup[];
  readonly attention: Attention;
}

interface Props {
  readonly data: FleetData;
  readonly frame: PageFrame;
  readonly moment: Moment;
  readonly query: PageQuery;
}

const CHART_HEIGHT = 220;
const MOST_FIGURES = 60;

export function Fleet(props: Props) {
  const { data, moment, query, frame } = props;
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
      <NeedyMachines attention={data.attention} moment={moment} query={query} />
      {algos.length === 0 ? <p class="empty">No snapshot of the machines in this period yet.</p> : null}
      <div class="pair">
        {algos.map((algo) => (
          <AlgorithmPanel
            algo={algo}
            points={data.series.filter((point) => point.algo === algo)}
            {...props}
          />
        ))}
      </div>
      <Rejects points={data.rejects} />
      <Groups
        title="Sub-accounts"
        id="fleets"
        note="Uptime over the period: snapshots in which a machine was active, of those in which it was listed."
        groups={data.fleets}
        query={query}
      />
      <Groups
        title="Machines by the prefix of their names"
        id="prefixes"
        note="Uptime over the last seven days, the least steady first."
        groups={data.prefixes}
        query={query}
      />
    </>
  );
}

function hashrateChart(
  algo: string,
  points: readonly FleetPoint[],
  isByHour: boolean,
  zone: string,
): Chart & { readonly unit: string } {
  const { unit, scale } = inOneUnit(points.map(({ hps }) => hps));
  return {
    unit,
    label: `Line: hashrate of ${algo} by ${isByHour ? 'hour' : 'day'}, in ${unit}. The figures follow.`,
    height: CHART_HEIGHT,
    option: lineOption({
      categories: points.map(({ at }) => labelOf(at, isByHour, zone)),
      unit,
      lowest: 0,
      isArea: true,
      series: [
        {
          name: 'hashrate',
          values: points.map(({ hps }) => scale(hps)),
          texts: points.map(({ hps }) => showHashrate(hps)),
          color: 'var(--c2)',
        },
      ],
    }),
  };
}

function statusChart(algo: string, points: readonly FleetPoint[], isByHour: boolean, zone: string): Chart {
  const series = (name: 'active' | 'inactive' | 'invalid', color: string) => ({
    name,
    color,
    stack: 'machines',
    values: points.map((point) => point[name]),
  });
  return {
    label: `Bars: machines of ${algo} by status over time. The figures follow.`,
    height: 170,
    option: barOption({
      categories: points.map(({ at }) => labelOf(at, isByHour, zone)),
      unit: 'machines',
      series: [
        series('active', 'var(--good)'),
        series('inactive', 'var(--warn)'),
        series('invalid', 'var(--bad)'),
      ],
    }),
  };
}

/** Hours in the zone of the page; days of machines are those of UTC. */
function labelOf(at: Date, isByHour: boolean, zone: string): string {
  const text = new Intl.DateTimeFormat('sv-SE', {
    timeZone: isByHour ? zone : 'UTC',
    dateStyle: 'short',
    timeStyle: 'short',
  }).format(at);
  return isByHour ? text.slice(5) : text.slice(5, 10);
}

function AlgorithmPanel({
  algo,
  points,
  data,
  moment,
}: Props & { algo: string; points: readonly FleetPoint[] }) {
  const last = points.at(-1);
  return (
    <Panel
      title={algo}
      id={`fleet-${algo}`}
      note={
        last === undefined
          ? ''
          : `${showHashrate(last.hps)} and ${showCount(last.active)} active machines in the last ${data.isByHour ? 'hour' : 'day'}`
      }
    >
      <Drawing
        chart={hashrateChart(algo, points, data.isByHour, moment.zone)}
        id={`chart-hashrate-${algo}`}
      />
      <Drawing chart={statusChart(algo, points, data.isByHour, moment.zone)} id={`chart-status-${algo}`} />
      <Figures
        id={`figures-${algo}`}
        label={`Hashrate and machines of ${algo}`}
        columns={[
          { heading: data.isByHour ? 'hour' : 'day (UTC)' },
          { heading: 'hashrate', isNumber: true },
          { heading: 'active', isNumber: true },
          { heading: 'inactive', isNumber: true },
          { heading: 'invalid', isNumber: true },
        ]}
        rows={[...points]
          .reverse()
          .slice(0, MOST_FIGURES)
          .map((point) => [
            labelOf(point.at, data.isByHour, moment.zone),
            <span title={`${Math.round(point.hps)} H/s`}>{showHashrate(point.hps)}</span>,
            showCount(point.active),
            showCount(point.inactive),
            showCount(point.invalid),
          ])}
        empty="No snapshot in this period."
      />
    </Panel>
  );
}

const REASON_TONES: Readonly<Record<string, Tone>> = {
  down: 'bad',
  'no share': 'bad',
  slow: 'warn',
  rejects: 'warn',
  unsteady: 'warn',
};

export function Reasons({ reasons }: { reasons: string }) {
  return (
    <>
      {reasons.split(', ').map((reason) => (
        <Pill tone={REASON_TONES[reason] ?? 'warn'}>{reason}</Pill>
      ))}
    </>
  );
}

function machineAddress({ puid, algo, workerId }: Pick<NeedyMachine, 'puid' | 'algo' | 'workerId'>): string {
  return `/fleet/machines/${puid}/${encodeURIComponent(algo)}/${workerId}`;
}

function NeedyMachines({ attention, moment }: { attention: Attention; moment: Moment; query: PageQuery }) {
  const { count, machines } = attention;
  return (
    <Panel
      title={
        count === 0
          ? 'No machine needs a technician'
          : `${showCount(count)} ${count === 1 ? 'machine needs' : 'machines need'} a technician`
      }
      id="attention"
      note="Those that lose the most hashrate against their own good weeks first."
    >
      <Table
        label="Machines that need a technician"
        columns={[
          { heading: 'machine' },
          { heading: 'why' },
          { heading: 'loses', isNumber: true },
          { heading: 'now', isNumber: true },
          { heading: 'usually', isNumber: true },
          { heading: 'uptime, 7 days', isNumber: true },
          { heading: 'rejects', isNumber: true },
          { heading: 'last share' },
          { heading: 'sub-account', isExtra: true },
        ]}
        rows={machines.map((machine) => [
          <a href={machineAddress(machine)}>
            <Name>{machine.name === '' ? machine.workerId : machine.name}</Name>
          </a>,
          <Reasons reasons={machine.reasons} />,
          showHashrate(machine.lostHps),
          showHashrate(machine.hps),
          showHashrate(machine.usualHps),
          showPercent(machine.uptime),
          machine.rejectRate === null ? '–' : `${trimmed(machine.rejectRate, 2)} %`,
          <When at={machine.lastShareAt} moment={moment} />,
          <Name>{machine.subAccount}</Name>,
        ])}
        empty="All machines do what they usually do."
      />
      {count > machines.length ? (
        <p class="note">
          The worst {machines.length} are listed; all of them are in <code>report.worker_attention</code>.
        </p>
      ) : null}
    </Panel>
  );
}

function Rejects({ points }: { points: readonly RejectPoint[] }) {
  if (points.length === 0) return null;
  const days = [...new Set(points.map(({ day }) => day))];
  const algos = [...new Set(points.map(({ algo }) => algo))];
  const at = new Map(points.map((point) => [`${point.day} ${point.algo}`, point]));
  const chart: Chart = {
    label:
      'Lines: rejected shares in percent, mean of the machines by day and algorithm. The figures follow.',
    height: CHART_HEIGHT,
    option: lineOption({
      categories: days.map((day) => day.slice(5)),
      unit: '% rejected',
      series: algos.map((algo) => ({
        name: algo,
        values: days.map((day) => at.get(`${day} ${algo}`)?.mean ?? null),
        texts: days.map((day) => percentText(at.get(`${day} ${algo}`)?.mean ?? null)),
      })),
    }),
  };
  return (
    <Panel title="Reject rate" id="rejects" note="Mean of the machines, by day (UTC).">
      <Drawing chart={chart} id="chart-rejects" />
      <Figures
        id="figures-rejects"
        label="Reject rate"
        columns={[
          { heading: 'day (UTC)' },
          { heading: 'algorithm' },
          { heading: 'mean', isNumber: true },
          { heading: '9 of 10 below', isNumber: true },
        ]}
        rows={[...points]
          .reverse()
          .slice(0, MOST_FIGURES)
          .map(({ day, algo, mean, p90 }) => [day, algo, percentText(mean), percentText(p90)])}
        empty="No day is complete yet."
      />
    </Panel>
  );
}

function percentText(percent: number | null): string {
  return percent === null ? '–' : `${trimmed(percent, 3)} %`;
}

function Groups(props: {
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
          ...(hasPrefix ? [{ heading: 'prefix' }] : []),
          { heading: 'sub-account' },
          { heading: 'algorithm' },
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
          percentText(group.rejectRate),
        ])}
        empty="No machine is listed."
      />
    </Panel>
  );
}
