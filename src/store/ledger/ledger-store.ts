// Raw SQL: a commit shares the lock that closes and exports take, and is one transaction of bulk statements.
import type { RowCounts } from '../../domain/row-counts';
import type { CoinRead, HiddenCoin } from '../../domain/coins';
import { KpoolError } from '../../core/errors';
import { hashMultiset } from '../../domain/content-hash';
import { SETTLED, type IncomeRow } from '../../domain/income';
import { contentOf, ledgerKeyOf, matchLedger, type LedgerRow } from '../../domain/ledger-matching';
import type { UnreadableRow } from '../../domain/page';
import { contains, type StoredWindow, type Window } from '../../domain/windows';
import { inTransaction, type Queryable } from '../client';
import { guarded } from '../../core/postgres/errors';
import type { PrismaClient } from '../generated/client';
import { pgInstant } from '../instants';
import { quarantineRows } from '../quarantine';
import { isOfScope, ledgerScopeValues } from '../scope-key';
import { findHiddenCoins, leaveHiddenCoins, noteCoinRead } from './hidden-coins';
import { advanceCursor, ensureCursor, lockCursor, type CursorPatch } from './cursor';
import {
  findOldestServed,
  insertLedgerRows,
  normalizeExtra,
  readLedgerWindow,
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
  readonly requests: number;
  readonly isComplete: boolean;
  readonly confirmed: ReadonlyMap<string, 'withdrawn' | 'unserved'>;
  readonly pieces: readonly WindowPiece[];
  readonly coin?: CoinRead;
}

type Result =
  | { readonly outcome: 'committed'; readonly version: bigint; readonly counts: RowCounts }
  | {
      readonly outcome: 'unconfirmed';
      readonly missing: readonly LedgerRow[];
      readonly oldestServedMs: number;
    };

interface State {
  readonly version: bigint;
  readonly windows: readonly StoredWindow[];
  readonly paged: boolean;
  readonly spanLimitMs: number | null;
  readonly emptySinceMs: number | null;
  readonly deepCheckedAtMs: number | null;
  readonly hiddenCoins: readonly HiddenCoin[];
  readonly nowMs: number;
}

interface CursorRow {
  version: bigint;
  paged: boolean;
  span_limit_ms: bigint | null;
  empty_since_ms: bigint | null;
  deep_checked_ms: bigint | null;
  now_ms: bigint;
}

/** What a piece of a window that was read holds. */
function recordOf(
  piece: WindowPiece,
  { rows, unreadable }: Commit,
  inDoubt: readonly LedgerRow[],
): WindowRecord {
  const own = rows.filter((row) => contains(piece, row.minedAtMs));
  return {
    ...piece,
    rowCount: own.length,
    pendingCount: own.filter((row) => row.status !== SETTLED).length,
    quarantinedCount: unreadable.length,
    inDoubtCount: inDoubt.filter((row) => contains(piece, row.minedAtMs)).length,
    contentHash: hashRead(own, unreadable),
  };
}

function hashRead(rows: readonly IncomeRow[], unreadable: readonly UnreadableRow[]): string {
  return hashMultiset([...rows.map(contentOf), ...unreadable.map((row) => row.raw)]);
}

/** Live rows that a complete read did not serve, by what becomes of them. */
interface Missing {
  /** Unserved before, and still older than all that is served: they stay as they are. */
  readonly kept: readonly LedgerRow[];
  /** An unreadable row of the window may be any of them. */
  readonly inDoubt: readonly LedgerRow[];
  /** Withdrawn or unserved, which has to be confirmed. */
  readonly gone: readonly LedgerRow[];
  readonly oldestServedMs: number;
}

async function judgeMissing(db: Queryable, missing: readonly LedgerRow[], commit: Commit): Promise<Missing> {
  if (missing.length === 0 || !commit.isComplete)
    return { kept: [], inDoubt: [], gone: [], oldestServedMs: Infinity };
  const oldestServedMs = await findOldestServed(db, commit.scope, commit.window);
  const edgeMs = Math.min(oldestServedMs, ...commit.rows.map(({ minedAtMs }) => minedAtMs));
  const isKept = ({ unserved, minedAtMs }: LedgerRow): boolean => unserved && minedAtMs < edgeMs;
  const others = missing.filter((row) => !isKept(row));
  const [inDoubt, gone] = commit.unreadable.length > 0 ? [others, []] : [[], others];
  return { kept: missing.filter(isKept), inDoubt, gone, oldestServedMs };
}

/** The ledger: rows, revisions, windows, certificates and cursors, a window a transaction (P5). */
export class PrismaLedgerStore {
  constructor(private readonly client: PrismaClient) {}

  async load(scope: LedgerKey): Promise<State> {
    return guarded(async () => {
      const cursor = await this.findCursor(scope);
      if (cursor !== null) return { ...cursor, ...(await this.readLists(scope)) };
      await ensureCursor(this.client, scope);
      const made = await this.findCursor(scope);
      if (made === null) throw new KpoolError('broken-promise', 'A cursor that was just made is not there.');
      return { ...made, ...(await this.readLists(scope)) };
    });
  }

  private async readLists(scope: LedgerKey): Promise<Pick<State, 'windows' | 'hiddenCoins'>> {
    return {
      windows: await readWindows(this.client, scope),
      hiddenCoins: await findHiddenCoins(this.client, scope),
    };
  }

  private async findCursor(scope: LedgerKey): Promise<Omit<State, 'windows' | 'hiddenCoins'> | null> {
    const [cursor] = await this.client.$queryRaw<CursorRow[]>`
      SELECT version, paged,
             (SELECT min(span_limit_ms) FROM sync.cursors JOIN pool.sub_accounts s USING (puid)
               WHERE s.account_id = ${scope.accountId}::smallint) AS span_limit_ms,
             floor(extract(epoch FROM empty_since) * 1000)::bigint AS empty_since_ms,
             floor(extract(epoch FROM deep_checked_at) * 1000)::bigint AS deep_checked_ms,
             floor(extract(epoch FROM sync.now()) * 1000)::bigint AS now_ms
        FROM sync.cursors WHERE ${isOfScope(scope)}`;
    if (cursor === undefined) return null;
    return {
      version: cursor.version,
      paged: cursor.paged,
      spanLimitMs: cursor.span_limit_ms === null ? null : Number(cursor.span_limit_ms),
      emptySinceMs: cursor.empty_since_ms === null ? null : Number(cursor.empty_since_ms),
      deepCheckedAtMs: cursor.deep_checked_ms === null ? null : Number(cursor.deep_checked_ms),
      nowMs: Number(cursor.now_ms),
    };
  }

  /**
   * Makes the live rows of a window the multiset that was served. Writes nothing, and says which, when rows
   * vanished of which `confirmed` does not say what becomes of them. Throws `sync.superseded` when another commit went
   * first.
   */
  async commitWindow(commit: Commit): Promise<Result> {
    return guarded(() =>
      inTransaction(this.client, async (tx) => {
        await lockCursor(tx, commit.scope, commit.expectedVersion);
        const rows = await normalizeExtra(tx, commit.rows);
        const stored = await readLedgerWindow(tx, commit.scope, commit.window);
        const changes = matchLedger(stored, rows, { isWhole: commit.isComplete });
        const shown = await leaveHiddenCoins(tx, commit, changes.missing);
        const missing = await judgeMissing(tx, shown, commit);
        const verdicts = missing.gone.map((row) => ({
          row,
          verdict: commit.confirmed.get(ledgerKeyOf(row)),
        }));
        if (verdicts.some(({ verdict }) => verdict === undefined))
          return { outcome: 'unconfirmed', missing: missing.gone, oldestServedMs: missing.oldestServedMs };
        const gone = verdicts.map(({ row, verdict }) =>
          verdict === 'withdrawn' ? { ...row, withdrawn: true, unserved: false } : { ...row, unserved: true },
        );
        const updated = [...changes.updated, ...gone];
        await insertLedgerRows(tx, commit.scope, changes.inserted);
        await updateLedgerRows(tx, commit.scope, updated);
        const quarantined = await quarantineRows(tx, commit.scope, commit.unreadable, commit);
        const version = await this.recordProgress(tx, commit, missing);
        const counts = {
          inserted: changes.inserted.length,
          changed: changes.updated.length,
          unchanged: changes.unchanged,
          withdrawn: gone.filter(({ withdrawn }) => withdrawn).length,
          quarantined,
          inDoubt: missing.inDoubt.length,
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
        const unread = {
          rowCount: 0,
          pendingCount: 0,
          quarantinedCount: 0,
          inDoubtCount: 0,
          contentHash: null,
        };
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

  private async recordProgress(tx: Queryable, commit: Commit, { kept, inDoubt }: Missing): Promise<bigint> {
    const { scope, rows, unreadable, window } = commit;
    await replaceWindows(
      tx,
      scope,
      commit.pieces.map((piece) => recordOf(piece, commit, inDoubt)),
    );
    const served = rows.length + unreadable.length;
    // What is no longer served keeps the certificate of when it was.
    if (commit.isComplete && (served > 0 || kept.length === 0)) {
      await tx.$executeRaw`
        INSERT INTO sync.certificates (run_id, stream, puid, algo, from_at, to_at, total_num, rows_served,
                                       rows_landed, rows_quarantined, requests, content_hash, observed_at)
        SELECT ${commit.runId}::bigint, ${ledgerScopeValues(scope)}, ${pgInstant(window.fromMs)}::timestamptz,
               ${pgInstant(window.toMs)}::timestamptz, ${served}::integer, ${served}::integer,
               ${rows.length}::integer, ${unreadable.length}::integer, ${commit.requests}::integer,
               ${hashRead(rows, unreadable)}, sync.now()`;
    }
    if (commit.coin !== undefined) await noteCoinRead(tx, scope, commit.coin);
    const newestMinedAtMs = rows.reduce((newest, row) => Math.max(newest, row.minedAtMs), -Infinity);
    return advanceCursor(tx, scope, {
      historyStartMs: commit.historyStartMs,
      patch: {},
      // What is shown only by name says nothing of whether the list itself is empty.
      newestMinedAtMs: rows.length === 0 || commit.coin !== undefined ? null : newestMinedAtMs,
    });
  }
}
