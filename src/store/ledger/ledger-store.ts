import { KpoolError } from '../../core/errors';
import { hashMultiset } from '../../domain/content-hash';
import { SETTLED, type IncomeRow } from '../../domain/income';
import { contentOf, ledgerKeyOf, matchLedger, type LedgerChanges } from '../../domain/ledger-matching';
import type { UnreadableRow } from '../../domain/page';
import { contains, type StoredWindow, type Window } from '../../domain/windows';
import { inTransaction, type Queryable } from '../client';
import { guarded } from '../database-errors';
import type { PrismaClient } from '../generated/client';
import { pgInstant } from '../instants';
import { quarantineRows } from '../quarantine';
import { isOfScope, scopeValues } from '../scope-key';
import { advanceCursor, ensureCursor, lockCursor, type CursorPatch } from './cursor';
import {
  insertLedgerRows,
  normalizeExtra,
  readCurrencies,
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
  readonly totalNum: number;
  readonly requests: number;
  readonly isComplete: boolean;
  readonly confirmedMissing: ReadonlySet<string>;
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
  | { readonly outcome: 'unconfirmed'; readonly missing: ReadonlySet<string> };

interface State {
  readonly version: bigint;
  readonly windows: readonly StoredWindow[];
  readonly expectedRows: number | null;
  readonly pageSizeCap: number | null;
  readonly boundsIgnored: boolean;
  readonly hiddenCoins: readonly string[];
  readonly coinsProbedAtMs: number | null;
  readonly nowMs: number;
}

interface CursorRow {
  version: bigint;
  expected_rows: bigint | null;
  page_size_cap: number | null;
  bounds_ignored: boolean;
  hidden_coins: string[];
  coins_probed_ms: bigint | null;
  now_ms: bigint;
}

function recordOf(piece: WindowPiece, commit: Commit, isNewest: boolean): WindowRecord {
  const rows = commit.rows.filter((row) => contains(piece, row.minedAtMs));
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

/** Rows that may be withdrawn: none while one row of the window cannot be read, since it may be any of them. */
function missingOf(changes: LedgerChanges, commit: Commit): LedgerChanges['missing'] {
  return commit.isComplete && commit.unreadable.length === 0 ? changes.missing : [];
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
      SELECT version, expected_rows, page_size_cap, bounds_ignored, hidden_coins,
             floor(extract(epoch FROM coins_probed_at) * 1000)::bigint AS coins_probed_ms,
             floor(extract(epoch FROM sync.now()) * 1000)::bigint AS now_ms
        FROM sync.cursors WHERE ${isOfScope(scope)}`;
    if (cursor === undefined) return null;
    return {
      version: cursor.version,
      expectedRows: cursor.expected_rows === null ? null : Number(cursor.expected_rows),
      pageSizeCap: cursor.page_size_cap,
      boundsIgnored: cursor.bounds_ignored,
      hiddenCoins: cursor.hidden_coins,
      coinsProbedAtMs: cursor.coins_probed_ms === null ? null : Number(cursor.coins_probed_ms),
      nowMs: Number(cursor.now_ms),
    };
  }

  /** Currencies that the ledger holds of a scope. */
  async findCurrencies(scope: LedgerKey): Promise<string[]> {
    return guarded(() => readCurrencies(this.client, scope));
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
        const missing = missingOf(changes, commit);
        const missingKeys = missing.map(ledgerKeyOf);
        if (!missingKeys.every((key) => commit.confirmedMissing.has(key))) {
          return { outcome: 'unconfirmed', missing: new Set(missingKeys) };
        }
        const withdrawn = missing.map((row) => ({ ...row, withdrawn: true }));
        const updated = [...changes.updated, ...withdrawn];
        if (changes.inserted.length + updated.length > 0)
          await tx.$executeRaw`SELECT sync.begin_ledger_commit()`;
        await insertLedgerRows(tx, commit.scope, changes.inserted);
        await updateLedgerRows(tx, commit.scope, updated);
        const quarantined = await quarantineRows(tx, commit.scope, commit.unreadable, commit);
        const version = await this.recordProgress(tx, commit);
        const counts = {
          inserted: changes.inserted.length,
          changed: changes.updated.length,
          unchanged: changes.unchanged,
          withdrawn: withdrawn.length,
          quarantined,
          heldBack: commit.isComplete ? changes.missing.length - missing.length : 0,
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

  private async recordProgress(tx: Queryable, commit: Commit): Promise<bigint> {
    const { scope, rows, unreadable, window } = commit;
    await replaceWindows(
      tx,
      scope,
      commit.pieces.map((piece, index) => recordOf(piece, commit, index === 0)),
    );
    if (commit.isComplete) {
      const served = rows.length + unreadable.length;
      await tx.$executeRaw`
        INSERT INTO sync.certificates (run_id, stream, account_id, puid, algo, from_at, to_at, total_num, rows_served,
                                       rows_landed, rows_quarantined, requests, content_hash, observed_at)
        SELECT ${commit.runId}::bigint, ${scopeValues(scope)}, ${pgInstant(window.fromMs)}::timestamptz,
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
