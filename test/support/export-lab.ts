import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type postgres from 'postgres';
import { writeExport, type ExportRequest } from '../../src/report/export/export';
import type { Manifest } from '../../src/report/export/manifest';
import { useTestDatabase } from './test-database';

interface Earning {
  readonly day: string;
  readonly amount: string;
  readonly account?: 1 | 2;
  readonly currency?: string;
  readonly settledAt?: string | null;
  readonly status?: string;
}

interface Exported {
  readonly manifest: Manifest;
  readonly text: string;
  /** The lines of the data file, header first. */
  readonly lines: readonly string[];
  /** The name of the data file. */
  readonly name: string;
}

export interface ExportLab {
  readonly sql: postgres.Sql;
  /** A new folder for each test. */
  readonly folder: string;
  /** Stores an earning of a day or replaces it. Without `settledAt` or `status` it is pending. */
  readonly earn: (earning: Earning) => Promise<void>;
  /** Four earnings of February 2025, in two accounts and two coins, and one on the day before and after the month. */
  readonly earnFebruary: () => Promise<void>;
  /** A request for a statement of everything as CSV, except for the fields of `over`. */
  readonly request: (over?: Partial<ExportRequest>) => ExportRequest;
  /** Writes an export, and checks that its manifest describes its file. */
  readonly exported: (over?: Partial<ExportRequest>) => Promise<Exported>;
}

/** Gives the test file a database with the accounts `main` and `farm`, and each of its tests a folder for exports. */
export function useExportLab(): ExportLab {
  const { sql } = useTestDatabase({ connections: 2 });
  let folder = '';
  beforeAll(async () => {
    await sql`INSERT INTO pool.accounts (account_id, account_name, key_fingerprint) VALUES (1, 'main', 'f'), (2, 'farm', 'g')`;
    await sql`INSERT INTO pool.sub_accounts (account_id, puid, pname) VALUES (1, 7, '=cmd|calc'), (2, 8, 'Über "sub", eins')`;
  });
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'kpool-export-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  async function earn({
    day,
    amount,
    account = 1,
    currency = 'BTC',
    settledAt = null,
    status,
  }: Earning): Promise<void> {
    await sql`
      INSERT INTO pool.earnings (puid, algo, currency, mined_at, ordinal, amount, status, settled_at)
      VALUES (${account + 6}, 'SHA256d', ${currency}, ${day}::date::timestamp AT TIME ZONE 'UTC', 0, ${amount},
              ${status ?? (settledAt === null ? 'WAIT_SETTLE' : 'SETTLED')}, ${settledAt})
      ON CONFLICT (puid, algo, currency, mined_at, ordinal)
      DO UPDATE SET amount = excluded.amount, status = excluded.status, settled_at = excluded.settled_at`;
  }

  async function earnFebruary(): Promise<void> {
    await earn({ day: '2025-01-31', amount: '5' });
    await earn({ day: '2025-02-01', amount: '0.100000000000000001', settledAt: '2025-02-02T10:20:30Z' });
    await earn({ day: '2025-02-02', amount: '-0.25', settledAt: '2025-03-01T00:00:00Z' });
    await earn({ day: '2025-02-28', amount: '12345678901234567890.5', account: 2 });
    await earn({ day: '2025-02-28', amount: '3', currency: 'LTC', status: 'ODD' });
    await earn({ day: '2025-03-01', amount: '7' });
  }

  function request(over: Partial<ExportRequest> = {}): ExportRequest {
    return {
      format: 'statement',
      fileType: 'csv',
      accountsFile: null,
      period: null,
      basis: null,
      accountName: null,
      asOf: null,
      sinceLast: false,
      folder,
      mayReplace: false,
      signal: new AbortController().signal,
      ...over,
    };
  }

  async function exported(over: Partial<ExportRequest> = {}): Promise<Exported> {
    const { manifest, files } = await writeExport(sql, request(over));
    const text = readFileSync(files[0], 'utf8');
    expect(JSON.parse(readFileSync(files[1], 'utf8'))).toEqual(manifest);
    expect(manifest.files).toEqual([
      {
        name: path.basename(files[0]),
        rows: manifest.rows - Object.values(manifest.leftOut).reduce((sum, rows) => sum + rows, 0),
        bytes: Buffer.byteLength(text),
        sha256: createHash('sha256').update(text).digest('hex'),
      },
    ]);
    return { manifest, text, lines: text.trimEnd().split('\n'), name: path.basename(files[0]) };
  }

  return {
    sql,
    get folder() {
      return folder;
    },
    earn,
    earnFebruary,
    request,
    exported,
  };
}
