import { ExactSum } from '../../../core/exact-sum';
import type { PageFrame } from '../../../report/page/filter';
import type { IncomePoint } from '../../../report/page/income';
import { createBarOption } from '../../charts/options';
import type { Chart } from '../../charts/render';
import { Amount, Drawing, Panel, Table, type Moment } from '../components';
import { barLabel, barStarts } from './bar-starts';

const MOST_ROWS = 62;
/** A longer table starts collapsed. */
const MOST_ROWS_SHOWN = 12;
const CHART_HEIGHT = 230;

function createIncomeChart(currency: string, points: readonly IncomePoint[], frame: PageFrame): Chart {
  const starts = barStarts(frame, points);
  const byStart = new Map(points.map((point) => [point.start, point]));
  const series = (part: 'settled' | 'pending') => ({
    values: starts.map((start) => Number(byStart.get(start)?.[part] ?? 0)),
    texts: starts.map((start) => `${byStart.get(start)?.[part] ?? '0'} ${currency}`),
  });
  return {
    label: `Bars: ${currency} by ${frame.by} from ${frame.from} to ${frame.to}, settled and pending. The table below has the figures.`,
    height: CHART_HEIGHT,
    option: createBarOption({
      categories: starts.map((start) => barLabel(start, frame.by)),
      unit: currency,
      series: [
        { name: 'settled', stack: 'income', color: 'var(--c1)', ...series('settled') },
        { name: 'pending', stack: 'income', color: 'var(--c4)', ...series('pending') },
      ],
    }),
  };
}

interface Props {
  readonly currency: string;
  readonly points: readonly IncomePoint[];
  readonly frame: PageFrame;
  readonly moment: Moment;
}

type IncomePart = 'settled' | 'pending' | 'total';

function sumPart(points: readonly IncomePoint[], part: IncomePart): string {
  const sum = new ExactSum();
  for (const point of points) sum.add(point[part]);
  return sum.toText();
}

export function CurrencyPanel({ currency, points, frame, moment }: Props) {
  return (
    <Panel
      title={currency}
      id={`income-${currency}`}
      note={
        <>
          <Amount value={sumPart(points, 'total')} moment={moment} unit={currency} /> {currency} in the
          period, of which <Amount value={sumPart(points, 'pending')} moment={moment} unit={currency} />{' '}
          pending
        </>
      }
    >
      <Drawing chart={createIncomeChart(currency, points, frame)} id={`chart-${currency}`} />
      <CurrencyFigures currency={currency} points={points} frame={frame} moment={moment} />
    </Panel>
  );
}

function CurrencyFigures({ currency, points, frame, moment }: Props) {
  const listed = [...points].reverse().slice(0, MOST_ROWS);
  const amounts = (amountOf: (part: IncomePart) => string) =>
    (['settled', 'pending', 'total'] as const).map((part) => (
      <Amount value={amountOf(part)} moment={moment} unit={currency} />
    ));
  return (
    <details
      id={`figures-${currency}`}
      open={frame.currencies.length === 1 || points.length <= MOST_ROWS_SHOWN}
    >
      <summary>Figures of {currency}</summary>
      <Table
        label={`${currency} by ${frame.by}`}
        columns={[
          frame.by,
          { heading: 'settled', isNumber: true },
          { heading: 'pending', isNumber: true },
          { heading: 'total', isNumber: true },
        ]}
        rows={[
          ...listed.map((point) => [
            frame.by === 'month' ? point.start.slice(0, 7) : point.start,
            ...amounts((part) => point[part]),
          ]),
          [<strong>total</strong>, ...amounts((part) => sumPart(points, part))],
        ]}
        empty="No income in this period."
      />
      {points.length > MOST_ROWS ? (
        <p class="note">Only the newest {MOST_ROWS} are listed; the total includes all.</p>
      ) : null}
    </details>
  );
}
