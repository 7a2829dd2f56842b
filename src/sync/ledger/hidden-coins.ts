import type { LedgerSession } from './ledger-session';

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
    if (await session.reader.showsCoin(coin, history, oldestRowMs)) found.push(coin);
  }
  const pieces = found.length === 0 ? [] : session.windows.map((window) => ({ ...window, verified: false }));
  await session.update({ pieces, cursor: { hiddenCoins: [...hiddenCoins, ...found], coinsProbed: true } });
  return found.length > 0;
}
