import type { FleetPoint } from '../../../report/page/fleet';
import { createBarOption, inOneUnit, createLineOption } from '../../charts/options';
import type { Chart } from '../../charts/render';
import { Drawing, Figures, Panel, type Moment } from '../components';
import { showCount, showHashrate } from '../format';

const HASHRATE_HEIGHT = 220;
const STATUS_HEIGHT = 170;
const MOST_FIGURES = 60;

function createHashrateChart(
  algo: string,
  points: readonly FleetPoint[],
  isByHour: boolean,
  zone: string,
): Chart & { readonly unit: string } {
  const { unit, scale } = inOneUnit(points.map(({ hps }) => hps));
  return {
    unit,
    label: `Line: hashrate of ${algo} by ${isByHour ? 'hour' : 'day'}, in ${unit}. The figures follow.`,
    height: HASHRATE_HEIGHT,
    option: createLineOption({
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

function createStatusChart(
  algo: string,
  points: readonly FleetPoint[],
  isByHour: boolean,
  zone: string,
): Chart {
  const series = (name: 'active' | 'inactive' | 'invalid', color: string) => ({
    name,
    color,
    stack: 'machines',
    values: points.map((point) => point[name]),
  });
  return {
    label: `Bars: machines of ${algo} by status over time. The figures follow.`,
    height: STATUS_HEIGHT,
    option: createBarOption({
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

/** Hours in the page's time zone; days of machines are in UTC. */
function labelOf(at: Date, isByHour: boolean, zone: string): string {
  const text = new Intl.DateTimeFormat('sv-SE', {
    timeZone: isByHour ? zone : 'UTC',
    dateStyle: 'short',
    timeStyle: 'short',
  }).format(at);
  return isByHour ? text.slice(5) : text.slice(5, 10);
}

export function AlgorithmPanel(props: {
  algo: string;
  points: readonly FleetPoint[];
  isByHour: boolean;
  moment: Moment;
}) {
  const { algo, points, isByHour, moment } = props;
  const last = points.at(-1);
  return (
    <Panel
      title={algo}
      id={`fleet-${algo}`}
      note={
        last === undefined
          ? ''
          : `${showHashrate(last.hps)} and ${showCount(last.active)} active machines in the last ${isByHour ? 'hour' : 'day'}`
      }
    >
      <Drawing
        chart={createHashrateChart(algo, points, isByHour, moment.zone)}
        id={`chart-hashrate-${algo}`}
      />
      <Drawing chart={createStatusChart(algo, points, isByHour, moment.zone)} id={`chart-status-${algo}`} />
      <Figures
        id={`figures-${algo}`}
        label={`Hashrate and machines of ${algo}`}
        columns={[
          { heading: isByHour ? 'hour' : 'day (UTC)' },
          { heading: 'hashrate', isNumber: true },
          { heading: 'active', isNumber: true },
          { heading: 'inactive', isNumber: true },
          { heading: 'invalid', isNumber: true },
        ]}
        rows={[...points]
          .reverse()
          .slice(0, MOST_FIGURES)
          .map((point) => [
            labelOf(point.at, isByHour, moment.zone),
            <span title={`${Math.round(point.hps)} H/s`}>{showHashrate(point.hps)}</span>,
            showCount(point.active),
            showCount(point.inactive),
            showCount(point.invalid),
          ])}
        empty="No snapshots in this period."
      />
    </Panel>
  );
}
