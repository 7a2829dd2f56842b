import { ExactSum } from '../../../core/exact-sum';
import type { PageFrame } from '../../../report/page/filter';
import type { IncomePoint } from '../../../report/page/income';
import { barOption } from '../../charts/options';
import type { Chart } from '../../charts/render';
import { Amount, Drawing, Panel, Table, type Moment } from '../components';
import { barLabel, barStarts } from './bar-starts';

const MOST_ROWS = 62;
const CHART_HEIGHT = 230;

function incomeChart(currency: string, points: readonly IncomePoint[], frame: PageFrame): Chart {
  const starts = barStarts(frame, points);
  const byStart = new Map(points.map((point) => [point.start, point]));
  const series = (part: 'settled' | 'pending') => ({
    values: starts.map((start) => Number(byStart.get(start)?.[part] ?? 0)),
    texts: starts.map((start) => `${byStart.get(start)?.[part] ?? '0'} ${currency}`),
  });
  return {
    label: `Bars: ${currency} by ${frame.by} from ${frame.from} to ${frame.to}, settled and pending. The table below has the figures.`,
    height: CHART_HEIGHT,
    option: barOption({
      categories: starts.map((start) => barLabel(start, frame.by)),
      unit: currency,
      series: [
        { name: 'settled', stack: 'income', color: 'var(--c1)', ...series('settled') },
        { name: 'pending', stack: 'income', color: 'var(--c4)', ...series('pending') },
      ],
    }),
  };
}

export function CurrencyPanel(props: {
  currency: string;
  points: readonly IncomePoint[];
  frame: PageFrame;
  moment: Moment;
}) {
  const { currency, points, frame, moment } = props;
  const sum = (part: 'settled' | 'pending' | 'total') => {
    const total = new ExactSum();
    for (const point of points) total.add(point[part]);
    return total.toText();
  };
  const rows = [...points].reverse();
  return (
    <Panel
      title={currency}
      id={`income-${currency}`}
      note={
        <>
          <Amount value={sum('total')} moment={moment} unit={currency} /> {currency} in the period, of which{' '}
          <Amount value={sum('pending')} moment={moment} unit={currency} /> pending
        </>
      }
    >
      <Drawing chart={incomeChart(currency, points, frame)} id={`chart-${currency}`} />
      <details id={`figures-${currency}`} open={frame.currencies.length === 1 || rows.length <= 12}>
        <summary>Figures of {currency}</summary>
        <Table
          label={`${currency} by ${frame.by}`}
          columns={[
            { heading: frame.by },
            { heading: 'settled', isNumber: true },
            { heading: 'pending', isNumber: true },
            { heading: 'total', isNumber: true },
          ]}
          rows={[
            ...rows
              .slice(0, MOST_ROWS)
              .map((point) => [
                frame.by === 'month' ? point.start.slice(0, 7) : point.start,
                <Amount value={point.settled} moment={moment} unit={currency} />,
                <Amount value={point.pending} moment={moment} unit={currency} />,
                <Amount value={point.total} moment={moment} unit={currency} />,
              ]),
            [
              <strong>total</strong>,
              <Amount value={sum('settled')} moment={moment} unit={currency} />,
              <Amount value={sum('pending')} moment={moment} unit={currency} />,
              <Amount value={sum('total')} moment={moment} unit={currency} />,
            ],
          ]}
          empty="No income in this period."
        />
        {rows.length > MOST_ROWS ? (
          <p class="note">Only the newest {MOST_ROWS} are listed; the total includes all.</p>
        ) : null}
      </details>
    </Panel>
  );
}
