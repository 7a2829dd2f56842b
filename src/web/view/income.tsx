import type { IncomeData } from '../../report/page/page-data';
import type { IncomePoint } from '../../report/page/income';
import type { PageFrame } from '../../report/page/filter';
import { addressOf, type PageQuery } from '../query';
import type { Moment } from './components';
import { barStarts } from './income/bar-starts';
import { CurrencyPanel } from './income/currency';
import { League } from './income/league';
import { Months } from './income/months';
import { Reconciliation } from './income/reconciliation';
import { SubAccountPanel } from './income/sub-accounts';
import { FollowRow } from './row';

interface Props {
  readonly data: IncomeData;
  readonly frame: PageFrame;
  readonly moment: Moment;
  readonly query: PageQuery;
}

/** Currencies with a chart if none is selected. */
const MOST_CHARTS = 6;

export function Income({ data, frame, moment, query }: Props) {
  const byCurrency = groupByCurrency(data.points, frame.currencies);
  return (
    <>
      <h1>Income</h1>
      <p class="note">
        {frame.from} to {frame.to}, by {frame.by}, in units of each currency.{' '}
        {moment.isExact ? (
          <a href={addressOf('/income', query, { exact: null })}>Short amounts</a>
        ) : (
          <a href={addressOf('/income', query, { exact: '1' })}>All digits</a>
        )}
      </p>
      {byCurrency.length === 0 ? <p class="empty">No income in this period.</p> : null}
      <div class="pair">
        {byCurrency.slice(0, MOST_CHARTS).map(([currency, points]) => (
          <CurrencyPanel currency={currency} points={points} frame={frame} moment={moment} />
        ))}
      </div>
      {byCurrency.length > MOST_CHARTS ? (
        <p class="note">
          More:{' '}
          {byCurrency.slice(MOST_CHARTS).map(([currency]) => (
            <>
              <a href={addressOf('/income', query, { currency })}>{currency}</a>{' '}
            </>
          ))}
        </p>
      ) : null}
      <SubAccountPanel
        income={data.bySubAccount}
        starts={barStarts(frame, data.points)}
        frame={frame}
        moment={moment}
      />
      <League league={data.league} moment={moment} query={query} />
      <Reconciliation rows={data.reconciliation} moment={moment} />
      <Months months={data.months} moment={moment} />
      <FollowRow />
    </>
  );
}

function groupByCurrency(
  points: readonly IncomePoint[],
  currencies: readonly string[],
): readonly (readonly [string, readonly IncomePoint[]])[] {
  const groups = new Map<string, IncomePoint[]>();
  for (const point of points) {
    const group = groups.get(point.currency);
    if (group === undefined) groups.set(point.currency, [point]);
    else group.push(point);
  }
  return currencies.flatMap((currency) => {
    const group = groups.get(currency);
    return group === undefined ? [] : [[currency, group] as const];
  });
}
