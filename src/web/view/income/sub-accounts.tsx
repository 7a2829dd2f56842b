import type { PageFrame } from '../../../report/page/filter';
import type { IncomeBySubAccount } from '../../../report/page/income';
import { createBarOption } from '../../charts/options';
import type { Chart } from '../../charts/render';
import { Amount, Drawing, Name, Panel, Table, type Moment } from '../components';
import { barLabel } from './bar-starts';

const MOST_ROWS = 62;
const CHART_HEIGHT = 230;
const OTHERS = 'others';

function createSubAccountChart(
  { currency, points }: IncomeBySubAccount,
  owners: ReadonlyMap<string | null, string>,
  starts: readonly string[],
  frame: PageFrame,
): Chart {
  const names = [...owners.values()];
  const isShared = (name: string): boolean => names.indexOf(name) !== names.lastIndexOf(name);
  const totals = new Map(points.map(({ start, puid, total }) => [`${start} ${puid}`, total]));
  // The last colour is for all others together.
  const inOrder = [...owners].sort(([a], [b]) => Number(a === null) - Number(b === null));
  return {
    label: `Bars: ${currency} by ${frame.by} and sub-account from ${frame.from} to ${frame.to}. The table below has the figures.`,
    height: CHART_HEIGHT,
    option: createBarOption({
      categories: starts.map((start) => barLabel(start, frame.by)),
      unit: currency,
      series: inOrder.map(([puid, name]) => ({
        name: isShared(name) ? `${name} (${puid})` : name,
        stack: 'income',
        values: starts.map((start) => Number(totals.get(`${start} ${puid}`) ?? 0)),
        texts: starts.map((start) => `${totals.get(`${start} ${puid}`) ?? '0'} ${currency}`),
      })),
    }),
  };
}

/** Renders nothing if a single sub-account earned everything, since its bars would equal the currency's. */
export function SubAccountPanel(props: {
  income: IncomeBySubAccount | null;
  starts: readonly string[];
  frame: PageFrame;
  moment: Moment;
}) {
  const { income, starts, frame, moment } = props;
  if (income === null) return null;
  const { currency, points } = income;
  const owners = new Map(points.map(({ puid, subAccount }) => [puid, subAccount ?? OTHERS]));
  if (owners.size < 2) return null;
  const listed = [...points].reverse().slice(0, MOST_ROWS);
  return (
    <Panel
      title={`${currency} by sub-account`}
      id="income-by-sub-account"
      note="Settled and pending together; the largest have their own colours."
    >
      <Drawing chart={createSubAccountChart(income, owners, starts, frame)} id="chart-by-sub-account" />
      <details id="figures-by-sub-account">
        <summary>Figures by sub-account</summary>
        <Table
          label={`${currency} by ${frame.by} and sub-account`}
          columns={[frame.by, 'sub-account', { heading: 'total', isNumber: true }]}
          rows={listed.map(({ start, subAccount, total }) => [
            frame.by === 'month' ? start.slice(0, 7) : start,
            <Name>{subAccount ?? OTHERS}</Name>,
            <Amount value={total} moment={moment} unit={currency} />,
          ])}
          empty="No income in this period."
        />
        {points.length > MOST_ROWS ? (
          <p class="note">Only the newest {MOST_ROWS} are listed; the API has all.</p>
        ) : null}
      </details>
    </Panel>
  );
}
