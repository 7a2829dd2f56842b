import { guarded } from './database-errors';
import type { PrismaClient } from './generated/client';
import { NO_ALGO, NO_PUID } from './scope-key';

/** A row that the pool served and nobody could understand. */
export interface QuarantinedRow {
  readonly quarantineId: bigint;
  readonly accountName: string;
  readonly stream: string;
  readonly puid: bigint | null;
  readonly algo: string | null;
  /** The row as JSON text, every number digit for digit. */
  readonly raw: string;
  readonly reason: string;
  readonly firstSeenAt: Date;
  readonly lastSeenAt: Date;
  /** When a person accepted it, and what they said; null: nobody did. */
  readonly acceptedAt: Date | null;
  readonly acceptedNote: string | null;
  /** When it was understood, or no longer served; null: it still is. */
  readonly resolvedAt: Date | null;
}

interface StoredRow {
  quarantine_id: bigint;
  account_name: string;
  stream: string;
  puid: bigint;
  algo: string;
  raw: string;
  reason: string;
  first_seen_at: Date;
  last_seen_at: Date;
  accepted_at: Date | null;
  accepted_note: string | null;
  resolved_at: Date | null;
}

function fromDatabase(row: StoredRow): QuarantinedRow {
  return {
    quarantineId: row.quarantine_id,
    accountName: row.account_name,
    stream: row.stream,
    puid: row.puid === NO_PUID ? null : row.puid,
    algo: row.algo === NO_ALGO ? null : row.algo,
    raw: row.raw,
    reason: row.reason,
    firstSeenAt: row.first_seen_at,
    lastSeenAt: row.last_seen_at,
    acceptedAt: row.accepted_at,
    acceptedNote: row.accepted_note,
    resolvedAt: row.resolved_at,
  };
}

/** The quarantine as a person sees it (`kpool quarantine`); the syncs write it themselves. */
export class PrismaQuarantineStore {
  constructor(private readonly client: PrismaClient) {}

  /** Newest first, at most `limit`; only rows that still wait for somebody unless `isWhole`. */
  async list(options: { readonly isWhole: boolean; readonly limit: number }): Promise<QuarantinedRow[]> {
    const rows = await guarded(
      () => this.client.$queryRaw<StoredRow[]>`
        SELECT q.*, a.account_name FROM sync.quarantined_rows q JOIN pool.accounts a USING (account_id)
         WHERE ${options.isWhole} OR (q.resolved_at IS NULL AND q.accepted_at IS NULL)
         ORDER BY q.quarantine_id DESC LIMIT ${options.limit}::integer`,
    );
    return rows.map(fromDatabase);
  }

  /** Those of the numbers that exist, in order. */
  async find(quarantineIds: readonly bigint[]): Promise<QuarantinedRow[]> {
    const rows = await guarded(
      () => this.client.$queryRaw<StoredRow[]>`
        SELECT q.*, a.account_name FROM sync.quarantined_rows q JOIN pool.accounts a USING (account_id)
         WHERE q.quarantine_id = ANY (${[...quarantineIds]}::bigint[]) ORDER BY q.quarantine_id`,
    );
    return rows.map(fromDatabase);
  }

  /** Notes that a person accepted rows: they no longer make a run partial. The first word on a row stands. */
  async accept(quarantineIds: readonly bigint[], note: string | null): Promise<number> {
    return guarded(
      () => this.client.$executeRaw`
        UPDATE sync.quarantined_rows SET accepted_at = sync.now(), accepted_note = ${note}
         WHERE quarantine_id = ANY (${[...quarantineIds]}::bigint[]) AND accepted_at IS NULL`,
    );
  }
}
