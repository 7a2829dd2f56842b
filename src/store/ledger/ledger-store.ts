import { KpoolError } from '../../core/errors';
import { hashMultiset } from '../../domain/content-hash';
import { SETTLED, type IncomeRow } from '../../domain/income';
import {
  contentOf,
  ledgerKeyOf,
  matchLedger,
  type LedgerChanges,
  type LedgerRow,
} from '../../domain/ledger-matching';
import type { UnreadableRow } from '../../domain/page';
import { contains, type StoredWindow, type Window } from '../../domain/windows';
import { inTransaction, type Queryable } from '../client';
import { guarded } from '../../core/postgres/errors';
import type { PrismaClient } from '../generated/client';
import { pgInstant } from '../instants';
import { quarantineRows } from '../quarantine';
import { isOfScope, ledgerScopeValues } from '../scope-key';
import { advanceCursor, ensureCursor, lockCursor, type CursorPatch } from './cursor';
import {
  insertLedgerRows,
  normalizeExtra,
  readCurrencies,
  readLedgerWindow,
  hasLedgerRows,
  summarizeLedgerRows,
  updateLedgerRows,
  type LedgerKey,
} from './rows';
import { readWindows, replaceWindows, type WindowRecord } from './windows';

interface WindowPiece extends Window {
  readonly verified: boolean;
}

interface Commit {
  readonly scope: LedgerKey;
  readonly runId: bigint;
  readonly expectedVersion: bigint;
  readonly historyStartMs: number;
  readonly window: Window;
  readonly rows: readonly IncomeRow[];
  readonly unreadable: readonly UnreadableRow[];
  readonly totalNum: number;
  readonly requests: number;
  readonly isComplete: boolean;
  readonly confirmedMissing: ReadonlySet<string>;
  readonly servedFromMs: number | null;
  readonly pieces: readonly WindowPiece[];
  readonly cursor?: CursorPatch;
}

interface Counts {
  readonly inserted: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly withdrawn: number;
  readonly quarantined: number;
  readonly heldBack: number;
}

type Result =
  | { readonly outcome: 'committed'; readonly version: bigint; readonly counts: Counts }
  | { readonly outcome: 'unconfirmed'; readonly missing: readonly LedgerRow[] };

interface Summary {
  readonly rows: number;
  readonly days: number;
  readonly oldestMs: number | null;
}

interface State {
  readonly version: bigint;
  readonly windows: readonly StoredWindow[];
  readonly expectedRows: number | null;
  readonly pageSizeCap: number | null;
  readonly boundsIgnored: boolean;
  readonly boundsSlackMs: number | null;
  readonly spanLimitMs: number | null;
  readonly servedFromMs: number | null;
  readonly hiddenCoins: readonly string[];
  readonly coinsProbedAtMs: number | null;
  readonly readThoroughlyAtMs: number | null;
  readonly nowMs: number;
}

interface CursorRow {
  version: bigint;
  expected_rows: bigint | null;
  page_size_cap: number | null;
  bounds_ignored: boolean;
  bounds_slack_ms: bigint | null;
  span_limit_ms: bigint | null;
  served_from_ms: bigint | null;
  hidden_coins: string[];
  coins_probed_ms: bigint | null;
  weekly_ms: bigint | null;
  now_ms: bigint;
}

/** `rows`: what is live in the window after the commit, as far as the read or the pool's forgetting tells. */
function recordOf(
  piece: WindowPiece,
  all: readonly IncomeRow[],
  commit: Commit,
  isNewest: boolean,
): WindowRecord {
  const rows = all.filter((row) => contains(piece, row.minedAtMs));
  const unreadable = isNewest ? commit.unreadable : [];
  return {
    ...piece,
    rowCount: rows.length,
    pendingCount: rows.filter((row) => row.status !== SETTLED).length,
    quarantinedCount: unreadable.length,
    contentHash: hashRead(rows, unreadable),
  };
}

function hashRead(rows: readonly IncomeRow[], unreadable: readonly UnreadableRow[]): string {
  return hashMultiset([...rows.map(contentOf), ...unreadable.map((row) => row.raw)]);
}

/** Live rows that a complete read did not serve, by what becomes of them. */
interface Unserved {
  /** To be withdrawn: none while one row of the window cannot be read, since it may be any of them. */
  readonly missing: readonly LedgerRow[];
  /** What the pool forgot stays as it is. */
  readonly kept: readonly LedgerRow[];
}

function unservedOf({ missing }: LedgerChanges, commit: Commit): Unserved {
  if (!commit.isComplete) return { missing: [], kept: [] };
  const isForgotten = (row: LedgerRow): boolean =>
    commit.servedFromMs !== null && row.minedAtMs < commit.servedFromMs;
  return {
    missing: commit.unreadable.length > 0 ? [] : missing.filter((row) => !isForgotten(row)),
    kept: missing.filter(isForgotten),
  };
}

/** The ledger: rows, revisions, windows, certificates and cursors, a window a transaction (P5). */
export class PrismaLedgerStore {
  constructor(private readonly client: PrismaClient) {}

  async load(scope: LedgerKey): Promise<State> {
    return guarded(async () => {
      const cursor = await this.findCursor(scope);
      if (cursor !== null) return { ...cursor, windows: await readWindows(this.client, scope) };
      await ensureCursor(this.client, scope);
      const made = await this.findCursor(scope);
      if (made === null) throw new KpoolError('broken-promise', 'A cursor that was just made is not there.');
      return { ...made, windows: await readWindows(this.client, scope) };
    });
  }

  private async findCursor(scope: LedgerKey): Promise<Omit<State, 'windows'> | null> {
    const [cursor] = await this.client.$queryRaw<CursorRow[]>`
      SELECT version, expected_rows, page_size_cap, bounds_ignored, bounds_slack_ms, hidden_coins,
             (SELECT min(span_limit_ms) FROM sync.cursors JOIN pool.sub_accounts s USING (puid)
               WHERE s.account_id = ${scope.accountId}::smallint) AS span_limit_ms,
             (extract(epoch FROM served_from) * 1000)::bigint AS served_from_ms,
             floor(extract(epoch FROM last_weekly_at) * 1000)::bigint AS weekly_ms,
             floor(extract(epoch FROM coins_probed_at) * 1000)::bigint AS coins_probed_ms,
             floor(extract(epoch FROM sync.now()) * 1000)::bigint AS now_ms
        FROM sync.cursors WHERE ${isOfScope(scope)}`;
    if (cursor === undefined) return null;
    return {
      version: cursor.version,
      expectedRows: cursor.expected_rows === null ? null : Number(cursor.expected_rows),
      pageSizeCap: cursor.page_size_cap,
      boundsIgnored: cursor.bounds_ignored,
      boundsSlackMs: cursor.bounds_slack_ms === null ? null : Number(cursor.bounds_slack_ms),
      spanLimitMs: cursor.span_limit_ms === null ? null : Number(cursor.span_limit_ms),
      servedFromMs: cursor.served_from_ms === null ? null : Number(cursor.served_from_ms),
      hiddenCoins: cursor.hidden_coins,
      coinsProbedAtMs: cursor.coins_probed_ms === null ? null : Number(cursor.coins_probed_ms),
      readThoroughlyAtMs: cursor.weekly_ms === null ? null : Number(cursor.weekly_ms),
      nowMs: Number(cursor.now_ms),
    };
  }

  /** Currencies that the ledger holds of a scope. */
  async findCurrencies(scope: LedgerKey): Promise<string[]> {
    return guarded(() => readCurrencies(this.client, scope));
  }

  /** The live rows of a span: how many, on how many days, the oldest. */
  async summarizeRows(scope: LedgerKey, span: Window): Promise<Summary> {
    return guarded(() => summarizeLedgerRows(this.client, scope, span));
  }

  /** Whether the ledger holds a row of the scope's account at all. */
  async hasIncome(scope: LedgerKey): Promise<boolean> {
    return guarded(() => hasLedgerRows(this.client, scope));
  }

  /**
   * Makes the live rows of a window the multiset that was served. Writes nothing, and says which rows, when rows
   * would be withdrawn that `confirmedMissing` does not hold. Throws `sync.superseded` when another commit went
   * first.
   */
  async commitWindow(commit: Commit): Promise<Result> {
    return guarded(() =>
      inTransaction(this.client, async (tx) => {
        await lockCursor(tx, commit.scope, commit.expectedVersion);
        const rows = await normalizeExtra(tx, commit.rows);
        const stored = await readLedgerWindow(tx, commit.scope, commit.window);
        const changes = matchLedger(stored, rows, { isWhole: commit.isComplete });
        const { missing, kept } = unservedOf(changes, commit);
        if (!missing.every((row) => commit.confirmedMissing.has(ledgerKeyOf(row)))) {
          return { outcome: 'unconfirmed', missing };
        }
        const withdrawn = missing.map((row) => ({ ...row, withdrawn: true }));
        const updated = [...changes.updated, ...withdrawn];
        if (changes.inserted.length + updated.length > 0)
          await tx.$executeRaw`SELECT sync.begin_ledger_commit()`;
        await insertLedgerRows(tx, commit.scope, changes.inserted);
        await updateLedgerRows(tx, commit.scope, updated);
        const quarantined = await quarantineRows(tx, commit.scope, commit.unreadable, commit);
        const version = await this.recordProgress(tx, commit, kept);
        const counts = {
          inserted: changes.inserted.length,
          changed: changes.updated.length,
          unchanged: changes.unchanged,
          withdrawn: withdrawn.length,
          quarantined,
          heldBack: commit.isComplete ? changes.missing.length - missing.length - kept.length : 0,
        };
        return { outcome: 'committed', version, counts };
      }),
    );
  }

  async updateCursor(
    scope: LedgerKey,
    expectedVersion: bigint,
    change: {
      readonly pieces?: readonly WindowPiece[];
      readonly cursor?: CursorPatch;
      readonly historyStartMs: number;
    },
  ): Promise<bigint> {
    return guarded(() =>
      inTransaction(this.client, async (tx) => {
        await lockCursor(tx, scope, expectedVersion);
        const unread = { rowCount: 0, pendingCount: 0, quarantinedCount: 0, contentHash: null };
        await replaceWindows(
          tx,
          scope,
          (change.pieces ?? []).map((piece) => ({ ...piece, ...unread })),
        );
        return advanceCursor(tx, scope, {
          historyStartMs: change.historyStartMs,
          patch: change.cursor ?? {},
          newestMinedAtMs: null,
        });
      }),
    );
  }

  private async recordProgress(tx: Queryable, commit: Commit, kept: readonly LedgerRow[]): Promise<bigint> {
    const { scope, rows, unreadable, window } = commit;
    await replaceWindows(
      tx,
      scope,
      commit.pieces.map((piece, index) => recordOf(piece, [...rows, ...kept], commit, index === 0)),
    );
    const served = rows.length + unreadable.length;
    // What was forgotten keeps the certificate of when it was served.
    if (commit.isComplete && (served > 0 || kept.length === 0)) {
      await tx.$executeRaw`
        INSERT INTO sync.certificates (run_id, stream, puid, algo, from_at, to_at, total_num, rows_served,
                                       rows_landed, rows_quarantined, requests, content_hash, observed_at)
        SELECT ${commit.runId}::bigint, ${ledgerScopeValues(scope)}, ${pgInstant(window.fromMs)}::timestamptz,
               ${pgInstant(window.toMs)}::timestamptz, ${commit.totalNum}::integer, ${served}::integer,
               ${rows.length}::integer, ${unreadable.length}::integer, ${commit.requests}::integer,
               ${hashRead(rows, unreadable)}, sync.now()`;
    }
    const newestMinedAtMs = rows.reduce((newest, row) => Math.max(newest, row.minedAtMs), -Infinity);
    return advanceCursor(tx, scope, {
      historyStartMs: commit.historyStartMs,
      patch: commit.cursor ?? {},
      newestMinedAtMs: rows.length === 0 ? null : newestMinedAtMs,
    });
  }
}
