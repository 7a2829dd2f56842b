// Raw SQL: rows of the ledger are read and written in bulk, each amount and `extra` digit for digit.
import type { DecimalText } from '../../core/decimal';
import type { IncomeRow } from '../../domain/income';
import type { LedgerRow } from '../../domain/ledger/ledger-matching';
import type { LedgerScope } from '../../domain/scope';
import type { LedgerStream } from '../../domain/streams';
import type { Window } from '../../domain/ledger/windows';
import type { Queryable } from '../client';
import { Prisma } from '../generated/client';
import { epochMs, pgInstant, pgInstantOrNull } from '../instants';
import { isOfLedgerScope } from '../scope-key';

/** Rows per statement; larger batches are slower through Prisma. */
const BATCH_ROWS = 1_000;

/** Where the two ledgers differ: a reward has a type in its key, an earning has a reject rate. */
const LEDGERS = {
  earnings: {
    table: Prisma.sql`pool.earnings`,
    ownColumn: Prisma.sql`reject_rate`,
    ownCast: Prisma.sql`numeric`,
    ownValueOf: (row: IncomeRow): string | null => row.rejectRate,
    selectType: Prisma.sql`NULL::text`,
    selectRejectRate: Prisma.sql`trim_scale(reject_rate)::text`,
    isSameType: Prisma.sql`true`,
    setOwn: Prisma.sql`reject_rate = u.reject_rate,`,
  },
  rewards: {
    table: Prisma.sql`pool.rewards`,
    ownColumn: Prisma.sql`type`,
    ownCast: Prisma.sql`text`,
    ownValueOf: (row: IncomeRow): string | null => row.type,
    selectType: Prisma.sql`type`,
    selectRejectRate: Prisma.sql`NULL::text`,
    isSameType: Prisma.sql`t.type = u.type`,
    // Part of the key.
    setOwn: Prisma.empty,
  },
} as const;

export function ledgerTableOf(stream: LedgerStream): Prisma.Sql {
  return LEDGERS[stream].table;
}

interface StoredRow {
  currency: string;
  type: string | null;
  mined_at_ms: bigint;
  ordinal: number;
  amount: string;
  hash_rate_hps: string | null;
  hash_unit: string | null;
  reject_rate: string | null;
  status: string;
  settled_at_ms: bigint | null;
  withdrawn: boolean;
  unserved: boolean;
  extra: string | null;
}

function toLedgerRow(row: StoredRow): LedgerRow {
  return {
    currency: row.currency,
    type: row.type,
    minedAtMs: Number(row.mined_at_ms),
    ordinal: row.ordinal,
    amount: row.amount as DecimalText,
    hashRateHps: row.hash_rate_hps as DecimalText | null,
    hashUnit: row.hash_unit,
    rejectRate: row.reject_rate as DecimalText | null,
    status: row.status,
    settledAtMs: row.settled_at_ms === null ? null : Number(row.settled_at_ms),
    withdrawn: row.withdrawn,
    unserved: row.unserved,
    extra: row.extra,
  };
}

/** All rows of a window, withdrawn ones included. */
export async function readLedgerWindow(
  db: Queryable,
  key: LedgerScope,
  window: Window,
): Promise<LedgerRow[]> {
  const ledger = LEDGERS[key.stream];
  const rows = await db.$queryRaw<StoredRow[]>`
    SELECT currency, ${ledger.selectType} AS type, ${epochMs(Prisma.sql`mined_at`)} AS mined_at_ms,
           ordinal, trim_scale(amount)::text AS amount, trim_scale(hash_rate_hps)::text AS hash_rate_hps, hash_unit,
           ${ledger.selectRejectRate} AS reject_rate, status,
           ${epochMs(Prisma.sql`settled_at`)} AS settled_at_ms,
           withdrawn_at IS NOT NULL AS withdrawn,
           unserved_at IS NOT NULL AND withdrawn_at IS NULL AS unserved, extra::text AS extra
      FROM ${ledger.table} AS t
     WHERE ${isOfLedgerScope(key)} AND mined_at >= ${pgInstant(window.fromMs)}::timestamptz AND mined_at < ${pgInstant(window.toMs)}::timestamptz`;
  return rows.map(toLedgerRow);
}

/** The oldest mining date of the live, served rows outside a window; Infinity if there is none. */
export async function findOldestServed(db: Queryable, key: LedgerScope, window: Window): Promise<number> {
  const [oldest] = await db.$queryRaw<{ ms: bigint | null }[]>`
    SELECT ${epochMs(Prisma.sql`min(mined_at)`)} AS ms FROM ${LEDGERS[key.stream].table} AS t
     WHERE ${isOfLedgerScope(key)} AND withdrawn_at IS NULL AND unserved_at IS NULL
       AND (mined_at < ${pgInstant(window.fromMs)}::timestamptz OR mined_at >= ${pgInstant(window.toMs)}::timestamptz)`;
  return Number(oldest?.ms ?? Infinity);
}

/** `extra` in the textual form that the database keeps, so that equal ones compare equal. */
export async function normalizeExtra(
  db: Queryable,
  rows: readonly IncomeRow[],
): Promise<readonly IncomeRow[]> {
  const texts = [...new Set(rows.flatMap((row) => (row.extra === null ? [] : [row.extra])))];
  if (texts.length === 0) return rows;
  const normalized = await db.$queryRaw<{ served: string; kept: string }[]>`
    SELECT served, served::jsonb::text AS kept FROM unnest(${texts}::text[]) AS u(served)`;
  const keptOf = new Map(normalized.map(({ served, kept }) => [served, kept]));
  return rows.map((row) =>
    row.extra === null ? row : { ...row, extra: keptOf.get(row.extra) ?? row.extra },
  );
}

function unnestRows(stream: LedgerStream, rows: readonly LedgerRow[]): Prisma.Sql {
  const ledger = LEDGERS[stream];
  return Prisma.sql`unnest(
    ${rows.map((row) => row.currency)}::text[], ${rows.map((row) => pgInstant(row.minedAtMs))}::timestamptz[],
    ${rows.map((row) => row.ordinal)}::integer[], ${rows.map((row) => row.amount)}::numeric[],
    ${rows.map((row) => row.hashRateHps)}::numeric[], ${rows.map((row) => row.hashUnit)}::text[],
    ${rows.map((row) => row.status)}::text[], ${rows.map((row) => pgInstantOrNull(row.settledAtMs))}::timestamptz[],
    ${rows.map((row) => row.extra)}::jsonb[], ${rows.map((row) => row.withdrawn)}::boolean[],
    ${rows.map((row) => row.unserved)}::boolean[],
    ${rows.map((row) => ledger.ownValueOf(row))}::${ledger.ownCast}[]
  ) AS u(currency, mined_at, ordinal, amount, hash_rate_hps, hash_unit, status, settled_at, extra, withdrawn, unserved,
         ${ledger.ownColumn})`;
}

function batchesOf<Row>(rows: readonly Row[]): Row[][] {
  const batches: Row[][] = [];
  for (let start = 0; start < rows.length; start += BATCH_ROWS)
    batches.push(rows.slice(start, start + BATCH_ROWS));
  return batches;
}

/** Inserts rows; triggers stamp them and open their revisions. */
export async function insertLedgerRows(
  db: Queryable,
  key: LedgerScope,
  rows: readonly LedgerRow[],
): Promise<void> {
  const ledger = LEDGERS[key.stream];
  for (const batch of batchesOf(rows)) {
    await db.$executeRaw`
      INSERT INTO ${ledger.table} (puid, algo, currency, mined_at, ordinal, amount, hash_rate_hps, hash_unit,
                                   status, settled_at, extra, ${ledger.ownColumn}, first_seen_at, changed_at)
      SELECT ${key.puid}::bigint, ${key.algo}, currency, mined_at, ordinal, amount,
             hash_rate_hps, hash_unit, status, settled_at, extra, ${ledger.ownColumn}, sync.now(), sync.now()
        FROM ${unnestRows(key.stream, batch)}`;
  }
}

/** Updates stored rows, by key; rows that vanished keep their content. Triggers write the revisions. */
export async function updateLedgerRows(
  db: Queryable,
  key: LedgerScope,
  rows: readonly LedgerRow[],
): Promise<void> {
  const ledger = LEDGERS[key.stream];
  for (const batch of batchesOf(rows)) {
    await db.$executeRaw`
      UPDATE ${ledger.table} AS t
         SET amount = u.amount, hash_rate_hps = u.hash_rate_hps, hash_unit = u.hash_unit, status = u.status,
             settled_at = u.settled_at, extra = u.extra, ${ledger.setOwn}
             withdrawn_at = CASE WHEN u.withdrawn THEN sync.now() END,
             unserved_at = CASE WHEN u.unserved THEN sync.now() END
        FROM ${unnestRows(key.stream, batch)}
       WHERE ${isOfLedgerScope(key)} AND t.currency = u.currency AND t.mined_at = u.mined_at AND t.ordinal = u.ordinal AND ${ledger.isSameType}`;
  }
}
