// Raw SQL: a commit shares the lock that closes and exports take, and is one transaction of bulk statements.
import { KpoolError } from '../../core/errors';
import { guarded } from '../../core/postgres/errors';
import type { HiddenCoin } from '../../domain/coins';
import { SETTLED } from '../../domain/income';
import { hashContent } from '../../domain/income-content';
import {
  reopenedBy,
  type CommitResult,
  type LedgerCursorPatch,
  type LedgerState,
  type WindowCommit,
  type WindowPiece,
} from '../../domain/ledger-commit';
import { ledgerKeyOf, matchLedger, type LedgerRow } from '../../domain/ledger-matching';
import type { LedgerScope } from '../../domain/scope';
import { contains, type Window } from '../../domain/windows';
import { inTransaction, type Queryable } from '../client';
import { Prisma, type PrismaClient } from '../generated/client';
import { pgInstant } from '../instants';
import { quarantineRows } from '../quarantine';
import { ledgerScopeValues } from '../scope-key';
import { advanceCursor, ensureCursor, findCursor, lockCursor, type CursorFacts } from './cursor';
import { findHiddenCoins, leaveHiddenCoins, noteCoinRead } from './hidden-coins';
import {
  findOldestServed,
  insertLedgerRows,
  normalizeExtra,
  readLedgerWindow,
  updateLedgerRows,
} from './rows';
import { readWindows, replaceWindows, unread, windowsAfter, type WindowRecord } from './windows';

/** The record of a piece of a window that was read. */
function recordOf(
  piece: WindowPiece,
  { rows, unreadable }: WindowCommit,
  inDoubt: readonly LedgerRow[],
): WindowRecord {
  const own = rows.filter((row) => contains(piece, row.minedAtMs));
  return {
    ...piece,
    rowCount: own.length,
    pendingCount: own.filter((row) => row.status !== SETTLED).length,
    quarantinedCount: unreadable.length,
    inDoubtCount: inDoubt.filter((row) => contains(piece, row.minedAtMs)).length,
    contentHash: hashContent({ rows: own, unreadable }),
  };
}

/** Live rows that a complete read did not serve, by what becomes of them. */
interface Missing {
  /** Marked unserved before, and still older than everything served: they stay as they are. */
  readonly kept: readonly LedgerRow[];
  /** An unreadable row of the window may be any one of them. */
  readonly inDoubt: readonly LedgerRow[];
  /** Withdrawn or unserved: a confirmation read has to agree. */
  readonly gone: readonly LedgerRow[];
  readonly oldestServedMs: number;
}

async function judgeMissing(
  db: Queryable,
  missing: readonly LedgerRow[],
  commit: WindowCommit,
): Promise<Missing> {
  if (missing.length === 0 || !commit.isComplete)
    return { kept: [], inDoubt: [], gone: [], oldestServedMs: Infinity };
  const oldestServedMs = await findOldestServed(db, commit.scope, commit.window);
  const edgeMs = Math.min(oldestServedMs, ...commit.rows.map(({ minedAtMs }) => minedAtMs));
  const isKept = ({ unserved, minedAtMs }: LedgerRow): boolean => unserved && minedAtMs < edgeMs;
  const others = missing.filter((row) => !isKept(row));
  const [inDoubt, gone] = commit.unreadable.length > 0 ? [others, []] : [[], others];
  return { kept: missing.filter(isKept), inDoubt, gone, oldestServedMs };
}

/** The ledger: rows, revisions, windows, certificates and cursors, one transaction per window (P5). */
export class PrismaLedgerStore {
  constructor(private readonly client: PrismaClient) {}

  async load(scope: LedgerScope): Promise<LedgerState> {
    return guarded(async () => {
      let cursor = await findCursor(this.client, scope);
      if (cursor === null) {
        await ensureCursor(this.client, scope);
        cursor = await findCursor(this.client, scope);
      }
      if (cursor === null)
        throw new KpoolError('broken-promise', 'A cursor that was just created does not exist.');
      return {
        ...cursor,
        windows: await readWindows(this.client, scope),
        hiddenCoins: await hiddenCoinsOf(this.client, scope, cursor),
      };
    });
  }

  /**
   * Makes the live rows of a window the multiset that was served. If rows vanished for which `confirmed` has no
   * verdict, writes nothing and returns them. Throws `sync.superseded` when another commit went first.
   */
  async commitWindow(commit: WindowCommit): Promise<CommitResult> {
    return guarded(() =>
      inTransaction(this.client, async (tx) => {
        await lockCursor(tx, commit.scope, commit.state.version);
        const rows = await normalizeExtra(tx, commit.rows);
        const stored = await readLedgerWindow(tx, commit.scope, commit.window);
        const changes = matchLedger(stored, rows, { isWhole: commit.isComplete });
        const shown =
          commit.state.hiddenCoins.length === 0
            ? changes.missing
            : await leaveHiddenCoins(tx, commit, changes.missing);
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
        await insertLedgerRows(tx, commit.scope, changes.inserted);
        await updateLedgerRows(tx, commit.scope, [...changes.updated, ...gone]);
        const quarantined =
          commit.unreadable.length > 0 || commit.state.hasQuarantine
            ? await quarantineRows(tx, commit.scope, commit.unreadable, commit)
            : 0;
        const reopened = reopenedBy(commit, [...changes.inserted, ...changes.updated]);
        const state = await recordProgress(tx, commit, missing, reopened);
        const counts = {
          inserted: changes.inserted.length,
          changed: changes.updated.length,
          unchanged: changes.unchanged,
          withdrawn: gone.filter(({ withdrawn }) => withdrawn).length,
          quarantined,
          inDoubt: missing.inDoubt.length,
        };
        return { outcome: 'committed', state, counts };
      }),
    );
  }

  /** Changes windows and facts without rows. Throws `sync.superseded` when another commit went first. */
  async update(
    scope: LedgerScope,
    state: LedgerState,
    change: {
      readonly pieces?: readonly Window[];
      readonly cursor?: LedgerCursorPatch;
      readonly historyStartMs: number;
    },
  ): Promise<LedgerState> {
    return guarded(() =>
      inTransaction(this.client, async (tx) => {
        await lockCursor(tx, scope, state.version);
        return advance(tx, scope, {
          historyStartMs: change.historyStartMs,
          patch: change.cursor ?? {},
          newestMinedAtMs: null,
          windows: replaceWindows(state.windows, (change.pieces ?? []).map(unread)),
          writes: [],
        });
      }),
    );
  }
}

async function recordProgress(
  tx: Queryable,
  commit: WindowCommit,
  { kept, inDoubt }: Missing,
  reopened: readonly Window[],
): Promise<LedgerState> {
  const { rows, unreadable } = commit;
  const pieces = commit.pieces.map((piece) => recordOf(piece, commit, inDoubt));
  // Rows that are no longer served keep the certificate of when they were.
  const isCertified = commit.isComplete && (rows.length + unreadable.length > 0 || kept.length === 0);
  if (commit.coin !== undefined) await noteCoinRead(tx, commit.scope, commit.coin);
  const newestMinedAtMs = rows.reduce((newest, row) => Math.max(newest, row.minedAtMs), -Infinity);
  return advance(tx, commit.scope, {
    historyStartMs: commit.historyStartMs,
    patch: {},
    // A read by a coin's name does not say whether the list itself is empty.
    newestMinedAtMs: rows.length === 0 || commit.coin !== undefined ? null : newestMinedAtMs,
    windows: replaceWindows(commit.state.windows, [...pieces, ...reopened.map(unread)]),
    writes: isCertified ? [writeCertificate(commit)] : [],
  });
}

async function advance(
  tx: Queryable,
  scope: LedgerScope,
  change: Parameters<typeof advanceCursor>[2],
): Promise<LedgerState> {
  const facts = await advanceCursor(tx, scope, change);
  return {
    ...facts,
    windows: windowsAfter(change.windows, facts.nowMs),
    hiddenCoins: await hiddenCoinsOf(tx, scope, facts),
  };
}

/** Queries them only where the account has some. */
async function hiddenCoinsOf(
  db: Queryable,
  scope: LedgerScope,
  { hasHiddenCoins }: CursorFacts,
): Promise<HiddenCoin[]> {
  return hasHiddenCoins ? findHiddenCoins(db, scope) : [];
}

function writeCertificate({ scope, runId, window, rows, unreadable, requests }: WindowCommit): Prisma.Sql {
  const served = rows.length + unreadable.length;
  return Prisma.sql`
    certified AS (
      INSERT INTO sync.certificates (run_id, stream, puid, algo, from_at, to_at, total_num, rows_served,
                                     rows_landed, rows_quarantined, requests, content_hash, observed_at)
      SELECT ${runId}::bigint, ${ledgerScopeValues(scope)}, ${pgInstant(window.fromMs)}::timestamptz,
             ${pgInstant(window.toMs)}::timestamptz, ${served}::integer, ${served}::integer,
             ${rows.length}::integer, ${unreadable.length}::integer, ${requests}::integer,
             ${hashContent({ rows, unreadable })}, sync.now()
    )`;
}
