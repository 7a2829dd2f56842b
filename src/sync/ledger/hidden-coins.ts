/** Coins that the pool totals although its lists show them only when asked for by name. */
import { DAY_MS, startOfUtcDay } from '../../core/day';
import type { HiddenCoin } from '../../domain/ledger/coins';
import type { WindowRead } from '../../domain/ledger/window-answer';
import { fitSpan } from '../../domain/ledger/window-spans';
import type { Window } from '../../domain/ledger/windows';
import type { LedgerSession } from './ledger-session';
import { readAll } from './read-window';

/**
 * Asks for the hidden coins by name, and stores their rows. This proves nothing about windows, so rows of such a coin
 * are never withdrawn: if they vanish, the total no longer agrees.
 */
export async function readHiddenCoins(session: LedgerSession): Promise<void> {
  for (const coin of session.state.hiddenCoins) {
    const span = chooseSpan(coin, session);
    if (span === null) continue;
    const { currency } = coin;
    const list = session.listOf(currency);
    // The newest part last, since it completes the history.
    const parts = fitSpan(span, session.spanLimitMs, list.now()).reverse();
    for (const part of parts) {
      const read = keepOnly(currency, await readAll(list, part));
      const completesHistory = span === session.history && part === parts.at(-1);
      await session.commitCoin(part, read, { currency, completesHistory });
    }
  }
}

/** The span to ask for: everything at first and weekly, otherwise the last days if there are rows; null: nothing. */
function chooseSpan(
  { readAtMs, hasRows }: HiddenCoin,
  { deps, state, history, list }: LedgerSession,
): Window | null {
  if (readAtMs === null || state.nowMs - readAtMs >= deps.tiers.fullEveryMs) return history;
  const fromMs = startOfUtcDay(list.now()) - deps.tiers.recentDays * DAY_MS;
  return hasRows ? { fromMs: Math.max(history.fromMs, fromMs), toMs: Infinity } : null;
}

/** A pool that ignores `coinName` serves every coin: rows of the others are dropped here. */
function keepOnly(coin: string, read: WindowRead): WindowRead {
  const name = coin.toUpperCase();
  return {
    ...read,
    rows: read.rows.filter(({ currency }) => currency.toUpperCase() === name),
    unreadable: read.unreadable.filter(({ raw }) => raw.toUpperCase().includes(`"${name}"`)),
  };
}
