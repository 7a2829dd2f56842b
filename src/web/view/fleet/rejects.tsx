import type { RejectPoint } from '../../../report/page/fleet';
import { createLineOption } from '../../charts/options';
import type { Chart } from '../../charts/render';
import { Drawing, Figures, Panel } from '../components';
import { showRejects } from '../format';

const REJECTS_CHART_HEIGHT = 220;
const MOST_FIGURES = 60;

export function Rejects({ points }: { points: readonly RejectPoint[] }) {
  if (points.length === 0) return null;
  const days = [...new Set(points.map(({ day }) => day))];
  const algos = [...new Set(points.map(({ algo }) => algo))];
  const at = new Map(points.map((point) => [`${point.day} ${point.algo}`, point]));
  const chart: Chart = {
    label: 'Lines: mean reject rate of the machines in percent, by day and algorithm. The figures follow.',
    height: REJECTS_CHART_HEIGHT,
    option: createLineOption({
      categories: days.map((day) => day.slice(5)),
      unit: '% rejected',
      series: algos.map((algo) => ({
        name: algo,
        values: days.map((day) => at.get(`${day} ${algo}`)?.mean ?? null),
        texts: days.map((day) => showRejects(at.get(`${day} ${algo}`)?.mean ?? null)),
      })),
    }),
  };
  return (
    <Panel title="Reject rate" id="rejects" note="Mean of all machines, by day (UTC).">
      <Drawing chart={chart} id="chart-rejects" />
      <Figures
        id="figures-rejects"
        label="Reject rate"
        columns={[
          'day (UTC)',
          'algorithm',
          { heading: 'mean', isNumber: true },
          { heading: '90th percentile', isNumber: true },
        ]}
        rows={[...points]
          .reverse()
          .slice(0, MOST_FIGURES)
          .map(({ day, algo, mean, p90 }) => [day, algo, showRejects(mean), showRejects(p90)])}
        empty="No complete day yet."
      />
    </Panel>
  );
}
