import type { AlertFinding } from './alerts';

/** One stream of one account, as the database knows it. */
export interface StreamFacts {
  readonly accountId: number;
  readonly accountName: string;
  /** Anything but `ok` is stopped. */
  readonly accountStatus: string;
  readonly stream: string;
  readonly everyMs: number;
  /** Null: never. */
  readonly lastSuccessAtMs: number | null;
  /** The last success; before the first one, when its first sync last got on, or since when there is something to ask. */
  readonly lastProgressAtMs: number;
  readonly scopes: number;
  /** Scopes that failed several times in a row and have not succeeded for three intervals. */
  readonly stuckScopes: number;
  /** The latest failure, one sentence; null when none fails. */
  readonly lastError: string | null;
}

export interface AccountFacts {
  readonly accountId: number;
  readonly accountName: string;
  readonly status: string;
  readonly statusReason: string | null;
}

/** The pool's totals of one account and currency against the ledger. */
export interface TotalsFacts {
  readonly accountId: number;
  readonly accountName: string;
  readonly currency: string;
  /** Sub-accounts whose ledger differs. */
  readonly differing: number;
  /** Sub-accounts that cannot be compared now. */
  readonly notComparable: number;
  /** The sub-account that differs most, and by how much, digit for digit. */
  readonly worstSubAccount: string | null;
  readonly worstDifference: string | null;
}

export interface QuarantineFacts {
  readonly accountId: number;
  readonly accountName: string;
  readonly stream: string;
  /** Rows that nobody accepted. */
  readonly open: number;
  /** Those among them that came within the last day. */
  readonly recent: number;
}

export interface AlertFacts {
  /** The database's clock. */
  readonly nowMs: number;
  readonly accounts: readonly AccountFacts[];
  readonly streams: readonly StreamFacts[];
  readonly totals: readonly TotalsFacts[];
  readonly quarantine: readonly QuarantineFacts[];
  /** How often the recent part of the ledger is read again. */
  readonly recentEveryMs: number;
}

const LATE_AFTER_INTERVALS = 3;
/** A service that was down for a night is late everywhere, and catches up within minutes. */
const LATE_HOLD_MS = 10 * 60_000;
const MINUTE_MS = 60_000;

/** What is wrong, and what cannot be judged, going by the facts. */
export function findingsOf(facts: AlertFacts): AlertFinding[] {
  return [
    ...facts.accounts.filter(({ status }) => status !== 'ok').map(stoppedAccount),
    ...facts.streams.flatMap((stream) => lateStream(stream, facts.nowMs)),
    ...facts.totals.flatMap((totals) => differingTotals(totals, facts.recentEveryMs)),
    ...facts.quarantine.filter(({ recent }) => recent > 0).map(growingQuarantine),
  ];
}

function stoppedAccount({ accountId, accountName, status, statusReason }: AccountFacts): AlertFinding {
  return {
    alertId: `account-stopped/${accountId}`,
    kind: 'account-stopped',
    accountId,
    accountName,
    verdict: 'wrong',
    holdMs: 0,
    startText:
      `The account ${accountName} is stopped (${status}). ${statusReason ?? ''} ` +
      `It goes on when its credentials change, or after kpool sync --account ${accountName} by hand.`,
    endText: `The account ${accountName} goes on.`,
    detail: { status, reason: statusReason },
  };
}

/** A stopped account has its own alert; what its streams are is not known until it goes on. */
function lateStream(facts: StreamFacts, nowMs: number): AlertFinding[] {
  const { accountId, accountName, stream, everyMs, lastSuccessAtMs, stuckScopes, scopes, lastError } = facts;
  const isLate = stuckScopes > 0 || nowMs - facts.lastProgressAtMs > LATE_AFTER_INTERVALS * everyMs;
  const isStopped = facts.accountStatus !== 'ok';
  if (!isLate && !isStopped) return [];
  const last =
    lastSuccessAtMs === null
      ? 'it has never succeeded'
      : `it last succeeded at ${new Date(lastSuccessAtMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  const stuck = stuckScopes > 0 ? ` ${stuckScopes} of ${scopes} scopes fail again and again.` : '';
  return [
    {
      alertId: `stream-late/${accountId}/${stream}`,
      kind: 'stream-late',
      accountId,
      accountName,
      verdict: isStopped ? 'unknown' : 'wrong',
      holdMs: LATE_HOLD_MS,
      startText:
        `The stream ${stream} of ${accountName} is late: ${last}, and is due every ${minutesOf(everyMs)}.` +
        `${stuck}${lastError === null ? '' : ` The last failure: ${lastError}`}`,
      endText: `The stream ${stream} of ${accountName} is fresh again.`,
      detail: {
        stream,
        everyMs,
        lastSuccessAt: lastSuccessAtMs === null ? null : new Date(lastSuccessAtMs).toISOString(),
        scopes,
        stuckScopes,
        lastError,
      },
    },
  ];
}

/**
 * A total may be ahead of the ledger until the recent days are read again, which is how late we learn that an older row
 * was settled: a difference that outlives that is unexplained.
 */
function differingTotals(facts: TotalsFacts, recentEveryMs: number): AlertFinding[] {
  const { accountId, accountName, currency, differing, notComparable, worstSubAccount, worstDifference } =
    facts;
  if (differing === 0 && notComparable === 0) return [];
  return [
    {
      alertId: `income-differs/${accountId}/${currency}`,
      kind: 'income-differs',
      accountId,
      accountName,
      verdict: differing > 0 ? 'wrong' : 'unknown',
      holdMs: recentEveryMs,
      startText:
        `The ledger of ${accountName} and the pool's own totals in ${currency} differ: ` +
        `${worstSubAccount ?? ''} by ${worstDifference ?? ''}` +
        `${differing > 1 ? `, and ${differing - 1} more` : ''}. kpool reconcile shows it.`,
      endText: `The ledger of ${accountName} and the pool's own totals in ${currency} agree again.`,
      detail: { currency, subAccounts: differing, subAccount: worstSubAccount, difference: worstDifference },
    },
  ];
}

function growingQuarantine({ accountId, accountName, stream, open, recent }: QuarantineFacts): AlertFinding {
  return {
    alertId: `quarantine-growing/${accountId}/${stream}`,
    kind: 'quarantine-growing',
    accountId,
    accountName,
    verdict: 'wrong',
    holdMs: 0,
    startText:
      `The quarantine of ${stream} of ${accountName} grows: ${recent} ${recent === 1 ? 'row' : 'rows'} could not be ` +
      `understood within a day, ${open} in all. kpool quarantine list shows them.`,
    endText: `The quarantine of ${stream} of ${accountName} has not grown for a day, or is empty.`,
    detail: { stream, recent, open },
  };
}

function minutesOf(ms: number): string {
  return ms % (60 * MINUTE_MS) === 0 ? `${ms / (60 * MINUTE_MS)} h` : `${Math.round(ms / MINUTE_MS)} min`;
}
