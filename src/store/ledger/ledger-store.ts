// Raw SQL: a commit shares the lock that closes and exports take, and is one transaction of bulk statements.
import { KpoolError } from '../../core/errors';
import { guarded } from '../../core/postgres/errors';
import type { HiddenCoin } from '../../domain/ledger/coins';
import { decideCommit } from '../../domain/ledger/commit-effects';
import { hashContent } from '../../domain/ledger/income-content';
import type { CommitResult, LedgerCursorPatch, WindowCommit } from '../../domain/ledger/ledger-commit';
import type { LedgerState } from '../../domain/ledger/ledger-state';
import { matchLedger } from '../../domain/ledger/ledger-matching';
import type { LedgerScope } from '../../domain/scope';
import { listWindowsAfter, replaceWindows, unreadRecordOf } from '../../domain/ledger/window-replacement';
import type { Window } from '../../domain/ledger/windows';
import { inTransaction, type Queryable } from '../client';
import { ensureCursor, lockCursorAt } from '../cursors';
import { Prisma, type PrismaClient } from '../generated/client';
import { excludeHiddenCoins, findHiddenCoins, noteCoinRead } from '../hidden-coins';
import { pgInstant } from '../instants';
import { quarantineRows } from '../quarantine';
import { isOfScope, ledgerScopeValues } from '../scope-key';
import { advanceLedgerCursor, findLedgerCursor, type CursorFacts } from './ledger-cursor';
import {
  findOldestServed,
  insertLedgerRows,
  normalizeExtra,
  readLedgerWindow,
  updateLedgerRows,
} from './rows';
import { readWindows } from './windows';

/** The ledger: rows, revisions, windows, certificates and cursors, one transaction per window (P5). */
export class PrismaLedgerStore {
  constructor(private readonly client: PrismaClient) {}

  async load(scope: LedgerScope): Promise<LedgerState> {
    return guarded(async () => {
      let cursor = await findLedgerCursor(this.client, scope);
      if (cursor === null) {
        await ensureCursor(this.client, scope);
        cursor = await findLedgerCursor(this.client, scope);
      }
      if (cursor === null)
        throw new KpoolError('broken-promise', 'A cursor that was just created does not exist.');
      return {
        ...cursor,
        windows: await readWindows(this.client, scope),
        hiddenCoins: await loadHiddenCoins(this.client, scope, cursor),
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
        await lockCursorAt(tx, commit.scope, commit.state.version);
        const rows = await normalizeExtra(tx, commit.rows);
        const stored = await readLedgerWindow(tx, commit.scope, commit.window);
        const changes = matchLedger(stored, rows, { isComplete: commit.isComplete });
        const missing =
          commit.state.hiddenCoins.length === 0
            ? changes.missing
            : await excludeHiddenCoins(tx, commit, changes.missing);
        const oldestServedMs =
          commit.isComplete && missing.length > 0
            ? await findOldestServed(tx, commit.scope, commit.window)
            : Infinity;
        const effects = decideCommit(commit, changes, { missing, oldestServedMs });
        if (effects.outcome === 'unconfirmed') return effects;
        await insertLedgerRows(tx, commit.scope, effects.inserted);
        await updateLedgerRows(tx, commit.scope, effects.updated);
        const quarantined =
          commit.unreadable.length > 0 || commit.state.hasQuarantine
            ? await quarantineRows(tx, commit.scope, commit.unreadable, commit)
            : 0;
        if (commit.coin !== undefined) await noteCoinRead(tx, commit.scope, commit.coin);
        const state = await advance(tx, commit.scope, {
          historyStartMs: commit.historyStartMs,
          patch: {},
          newestMinedAtMs: effects.newestMinedAtMs,
          windows: effects.windows,
          writes: effects.isCertified ? [writeCertificate(commit)] : [],
        });
        return { outcome: 'committed', state, counts: { ...effects.counts, quarantined } };
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
        await lockCursorAt(tx, scope, state.version);
        return advance(tx, scope, {
          historyStartMs: change.historyStartMs,
          patch: change.cursor ?? {},
          newestMinedAtMs: null,
          windows: replaceWindows(state.windows, (change.pieces ?? []).map(unreadRecordOf)),
          writes: [],
        });
      }),
    );
  }
}

async function advance(
  tx: Queryable,
  scope: LedgerScope,
  change: Parameters<typeof advanceLedgerCursor>[2],
): Promise<LedgerState> {
  const facts = await advanceLedgerCursor(tx, scope, change);
  return {
    ...facts,
    windows: listWindowsAfter(change.windows, facts.nowMs),
    hiddenCoins: await loadHiddenCoins(tx, scope, facts),
  };
}

/** Saves the query if the account has none. */
async function loadHiddenCoins(
  db: Queryable,
  scope: LedgerScope,
  { hasHiddenCoins }: CursorFacts,
): Promise<HiddenCoin[]> {
  return hasHiddenCoins ? findHiddenCoins(db, scope) : [];
}

/** Adds nothing if the same rows are certified already: `verified_at` of the window says when they were last read. */
function writeCertificate({ scope, runId, window, rows, unreadable, requests }: WindowCommit): Prisma.Sql {
  const served = rows.length + unreadable.length;
  const [from, to] = [pgInstant(window.fromMs), pgInstant(window.toMs)];
  const contentHash = hashContent({ rows, unreadable });
  return Prisma.sql`
    certified AS (
      INSERT INTO sync.certificates (run_id, stream, puid, algo, from_at, to_at, rows_served,
                                     rows_landed, rows_quarantined, requests, content_hash, observed_at)
      SELECT ${runId}::bigint, ${ledgerScopeValues(scope)}, ${from}::timestamptz, ${to}::timestamptz,
             ${served}::integer, ${rows.length}::integer, ${unreadable.length}::integer,
             ${requests}::integer, ${contentHash}, sync.now()
       WHERE NOT EXISTS (
         SELECT FROM sync.windows JOIN sync.certificates USING (stream, puid, algo, from_at, to_at, content_hash)
          WHERE ${isOfScope(scope)} AND verified_at IS NOT NULL AND from_at = ${from}::timestamptz
            AND to_at = ${to}::timestamptz AND content_hash = ${contentHash})
    )`;
}
