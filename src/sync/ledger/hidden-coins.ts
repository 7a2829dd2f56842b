import type { HiddenCoin } from '../../domain/coins';
import { startOfUtcDay, DAY_MS, type Window } from '../../domain/windows';
import type { WindowRead } from '../../domain/window-answer';
import type { LedgerSession } from './ledger-session';
import { readAll } from './read-window';
import { fitSpan } from './span-limit';

/** What to ask of a hidden coin now: all of it at first and weekly, the last days each cycle where it has rows; null: nothing. */
function spanOf({ readAtMs, hasRows }: HiddenCoin, session: LedgerSession): Window | null {
  const { deps, state, whole, list } = session;
  if (readAtMs === null || state.nowMs - readAtMs >= deps.tiers.fullEveryMs) return whole;
  const fromMs = startOfUtcDay(list.now()) - deps.tiers.recentDays * DAY_MS;
  return hasRows ? { fromMs: Math.max(whole.fromMs, fromMs), toMs: Infinity } : null;
}

/** A pool that knows no `coinName` serves everything: the rest is no news. */
function onlyOf(coin: string, read: WindowRead): WindowRead {
  const isIt = ({ currency }: { readonly currency: string }): boolean =>
    currency.toUpperCase() === coin.toUpperCase();
  const unreadable = read.unreadable.filter(({ raw }) =>
    raw.toUpperCase().includes(`"${coin.toUpperCase()}"`),
  );
  return { ...read, rows: read.rows.filter(isIt), unreadable };
}

/**
 * Asks by name for the coins that the pool totals and its lists do not show, and lands their rows. It proves no window, so a
 * row of such a coin is never withdrawn: what vanishes shows where the total no longer ties out.
 */
export async function readHiddenCoins(session: LedgerSession): Promise<void> {
  for (const coin of session.state.hiddenCoins) {
    const window = spanOf(coin, session);
    if (window === null) continue;
    const { currency } = coin;
    const list = session.listOf(currency);
    const isWhole = window === session.whole;
    // The newest part last: only then all of the history was read.
    const parts = fitSpan(window, session.spanLimitMs, list.now()).reverse();
    for (const [i, part] of parts.entries()) {
      const read = onlyOf(currency, await readAll(list, part));
      if (read.doubt !== null) session.run.markPartial(`${currency}: ${read.doubt}`);
      await session.landCoin(part, read, { currency, isWhole: isWhole && i === parts.length - 1 });
    }
  }
}
