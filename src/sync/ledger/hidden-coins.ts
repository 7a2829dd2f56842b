import { isKpoolError } from '../../core/errors';
import { requestBounds, type Window } from '../../domain/windows';
import { shortPast } from './future-ends';
import type { LedgerSession } from './ledger-session';
import { MIN_PAGE_SIZE } from './slice';
import type { WindowReader } from './window-reader';

/** Requests for one currency, where spans are limited: 30 days each, they reach back for ten years. */
const MAX_COIN_PROBES = 130;

/**
 * Whether rows of a currency come to light when it is named. A currency that the server refuses has none. Where
 * spans are limited, nothing is asked beyond the oldest row that is known.
 */
async function showsCoin(
  { listing, spanLimit }: WindowReader,
  coin: string,
  history: Window,
  oldestRowMs: number,
): Promise<boolean> {
  const source = listing.pages(coin, MIN_PAGE_SIZE);
  const waiting = [history];
  for (let asked = 0; asked < MAX_COIN_PROBES; asked += 1) {
    const next = waiting.pop();
    if (next === undefined || (asked > 0 && next.toMs <= oldestRowMs)) return false;
    const nowMs = listing.now();
    const [window, ...older] = spanLimit.fit(next, nowMs);
    waiting.push(...older);
    const page = { currentPage: 1, pageSize: MIN_PAGE_SIZE };
    try {
      const { rows } = await source.ask({ ...requestBounds(window, nowMs), ...page });
      if (rows.some((row) => row.currency === coin)) return true;
    } catch (error) {
      if (!isKpoolError(error, 'pool.parameter')) throw error;
      if (!(await listing.accepts(coin, shortPast(nowMs)))) return false;
      if (await listing.learnsThatFutureIsRefused(window)) waiting.push(window);
      else waiting.push(...[...(spanLimit.shorten(window, nowMs) ?? [])].reverse());
    }
  }
  return false;
}

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
  const oldestRowMs = Math.min(
    ...session.windows.filter(({ rowCount }) => rowCount > 0).map(({ fromMs }) => fromMs),
  );
  for (const coin of unseen) {
    const history = { fromMs: historyStartMs, toMs: Infinity };
    if (await showsCoin(session.reader, coin, history, oldestRowMs)) found.push(coin);
  }
  const pieces = found.length === 0 ? [] : session.windows.map((window) => ({ ...window, verified: false }));
  await session.update({ pieces, cursor: { hiddenCoins: [...hiddenCoins, ...found], coinsProbed: true } });
  return found.length > 0;
}
