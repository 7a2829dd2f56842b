import type { HiddenCoin } from '../../domain/coins';
import { startOfUtcDay, DAY_MS, type Window } from '../../domain/windows';
import type { WindowRead } from '../../domain/window-answer';
import type { LedgerSession } from './ledger-session';
import { readAll } from './read-window';
import { fitSpan } from './span-limit';

/** The span to ask a hidden coin for: all at first and weekly, the last days in each run if it has rows; null: none. */
function spanOf({ readAtMs, hasRows }: HiddenCoin, session: LedgerSession): Window | null {
  const { deps, state, whole, list } = session;
  if (readAtMs === null || state.nowMs - readAtMs >= deps.tiers.fullEveryMs) return whole;
  const fromMs = startOfUtcDay(list.now()) - deps.tiers.recentDays * DAY_MS;
  return hasRows ? { fromMs: Math.max(whole.fromMs, fromMs), toMs: Infinity } : null;
}

/** A pool that ignores `coinName` serves every coin: the others are not news. */
function onlyOf(coin: string, read: WindowRead): WindowRead {
  const isIt = ({ currency }: { readonly currency: string }): boolean =>
    currency.toUpperCase() === coin.toUpperCase();
  const unreadable = read.unreadable.filter(({ raw }) =>
    raw.toUpperCase().includes(`"${coin.toUpperCase()}"`),
  );
  return { ...read, rows: read.rows.filter(isIt), unreadable };
}

/**
 * Asks by name for the coins that the pool totals and its lists do not show, and stores their rows. That proves no
 * window, so rows of such a coin are never withdrawn: if they vanish, the total no longer agrees.
 */
export async function readHiddenCoins(session: LedgerSession): Promise<void> {
  for (const coin of session.state.hiddenCoins) {
    const window = spanOf(coin, session);
    if (window === null) continue;
    const { currency } = coin;
    const list = session.listOf(currency);
    const isWhole = window === session.whole;
    // The newest part last, since it completes the history.
    const parts = fitSpan(window, session.spanLimitMs, list.now()).reverse();
    for (const [i, part] of parts.entries()) {
      const read = onlyOf(currency, await readAll(list, part));
      if (read.doubt !== null) session.run.markPartial(`${currency}: ${read.doubt}`);
      await session.landCoin(part, read, { currency, isWhole: isWhole && i === parts.length - 1 });
    }
  }
}
