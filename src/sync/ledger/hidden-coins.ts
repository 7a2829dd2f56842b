import { requestBounds } from '../../domain/windows';
import type { LedgerSession } from './ledger-session';
import { MIN_PAGE_SIZE } from './slice';

/**
 * Asks, at first and then as often as everything is read again, whether rows of a configured currency are served
 * only when `coinName` names it. A hit becomes part of the scope, and
 * all its windows have to be read again: then the answer is true.
 */
export async function probeHiddenCoins(session: LedgerSession): Promise<boolean> {
  const { coinsProbedAtMs, hiddenCoins, nowMs } = session.facts;
  const { coins, fullEveryMs, historyStartMs } = session.deps.tiers;
  const isDue = coinsProbedAtMs === null || nowMs - coinsProbedAtMs >= fullEveryMs;
  if (!isDue || coins.length === 0) return false;
  const known = [...hiddenCoins, ...(await session.deps.store.findCurrencies(session.scope))];
  const unseen = coins.filter((coin) => !known.includes(coin));
  if (unseen.length === 0) return false;
  const found: string[] = [];
  const bounds = requestBounds({ fromMs: historyStartMs, toMs: Infinity }, session.deps.pool.now());
  for (const coin of unseen) {
    const source = session.reader.sourceOf(coin, MIN_PAGE_SIZE);
    const page = await source.ask({ ...bounds, currentPage: 1, pageSize: MIN_PAGE_SIZE });
    if (page.rows.some((row) => row.currency === coin)) found.push(coin);
  }
  const pieces = found.length === 0 ? [] : session.windows.map((window) => ({ ...window, verified: false }));
  await session.update({ pieces, cursor: { hiddenCoins: [...hiddenCoins, ...found], coinsProbed: true } });
  return found.length > 0;
}
