import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { strFromU8, unzipSync } from 'fflate';
import { closeMonth } from '../../../src/report/months/closes';
import { writeExport, type ExportRequest } from '../../../src/report/export/export';
import { COINTRACKER, KOINLY } from '../../../src/report/export/tax-tools';
import { findMonth } from '../../../src/report/months/month';
import { useTestDatabase } from '../../support/test-database';

let folder: string;

const { sql } = useTestDatabase({ connections: 2 });

beforeAll(async () => {
  await sql`INSERT INTO pool.accounts (account_id, account_name, key_fingerprint) VALUES (1, 'main', 'f'), (2, 'farm', 'g')`;
  await sql`INSERT INTO pool.sub_accounts (account_id, puid, pname) VALUES (1, 7, '=cmd|calc'), (2, 8, 'Über "sub", eins')`;
});
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'kpool-export-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Earning {
  readonly day: string;
  readonly amount: string;
  readonly account?: 1 | 2;
  readonly currency?: string;
  readonly settledAt?: string | null;
  readonly status?: string;
}

async function earn({ day, amount, account = 1, currency = 'BTC', settledAt = null, status }: Earning) {
  await sql`
    INSERT INTO pool.earnings (puid, algo, currency, mined_at, ordinal, amount, status, settled_at)
    VALUES (${account + 6}, 'SHA256d', ${currency}, ${day}::date::timestamp AT TIME ZONE 'UTC', 0, ${amount},
            ${status ?? (settledAt === null ? 'WAIT_SETTLE' : 'SETTLED')}, ${settledAt})
    ON CONFLICT (puid, algo, currency, mined_at, ordinal)
    DO UPDATE SET amount = excluded.amount, status = excluded.status, settled_at = excluded.settled_at`;
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

/** Lines of the data file, header first, and the manifest. */
async function exported(over: Partial<ExportRequest> = {}) {
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

/** The texts of a workbook's cells, sheet by sheet. */
function sheetsOf(file: string): readonly (readonly (readonly string[])[])[] {
  const entries = unzipSync(readFileSync(file));
  const texts = [...strFromU8(entries['xl/sharedStrings.xml']!).matchAll(/<t[^>]*>([^<]*)<\/t>/g)].map(
    ([, text]) => text!,
  );
  return [1, 2].map((sheet) =>
    [...strFromU8(entries[`xl/worksheets/sheet${sheet}.xml`]!).matchAll(/<row[^>]*>(.*?)<\/row>/g)].map(
      ([, row]) =>
        [...row!.matchAll(/<c r="[A-Z]+\d+"[^>]*?(t="s")?(?:\/>|><v>([^<]*)<\/v>)/g)].map(
          ([, isText, value]) => (isText === undefined ? (value ?? '') : texts[Number(value)]!),
        ),
    ),
  );
}

describe('a month', () => {
  beforeAll(async () => {
    await earn({ day: '2025-01-31', amount: '5' });
    await earn({ day: '2025-02-01', amount: '0.100000000000000001', settledAt: '2025-02-02T10:20:30Z' });
    await earn({ day: '2025-02-02', amount: '-0.25', settledAt: '2025-03-01T00:00:00Z' });
    await earn({ day: '2025-02-28', amount: '12345678901234567890.5', account: 2 });
    await earn({ day: '2025-02-28', amount: '3', currency: 'LTC', status: 'ODD' });
    await earn({ day: '2025-03-01', amount: '7' });
  });

  describe('as a statement', () => {
    test('P1 a statement is exact and adds up to the last digit', async () => {
      const { manifest, lines, text } = await exported({ period: '2025-02' });
      expect(lines).toHaveLength(5);
      expect(lines[0]).toBe(
        '\ufeffrow_id,kind,change,account,sub_account,puid,algo,source,type,adjusts_month,mining_date,mined_at,currency,amount,previous_amount,to_book,status,previous_status,settled_at,known_since,price,value,value_currency,price_source',
      );
      expect(text).toContain(
        ',0.100000000000000001,,0.100000000000000001,SETTLED,,2025-02-02T10:20:30.000000Z,',
      );
      expect(text).toContain(',12345678901234567890.5,');
      expect(manifest).toMatchObject({
        period: '2025-02',
        from: '2025-02-01T00:00:00.000000Z',
        to: '2025-03-01T00:00:00.000000Z',
        timeZone: 'UTC',
        basis: 'accrual',
        rows: 4,
        asOfReason: 'now',
        changesSince: null,
        leftOut: {},
      });
      expect(manifest.totals).toEqual({
        BTC: {
          rows: 3,
          settled: '-0.149999999999999999',
          pending: '12345678901234567890.5',
          other: '0',
          adjustments: '0',
          total: '12345678901234567890.350000000000000001',
        },
        LTC: { rows: 1, settled: '0', pending: '0', other: '3', adjustments: '0', total: '3' },
      });
    });

    test('a name that could run as a formula is text', async () => {
      const { text } = await exported({ period: '2025-02' });
      expect(text).toContain(",'=cmd|calc,7,");
      expect(text).toContain(',"Über ""sub"", eins",8,');
      expect(text).toContain(',-0.25,');
    });

    test('on the cash basis it holds what was paid in it', async () => {
      const { lines, name } = await exported({ period: '2025-02', basis: 'cash' });
      expect(name).toBe('statement-2025-02-cash.csv');
      expect(lines).toHaveLength(2);
      expect(lines[1]).toContain('0.100000000000000001');
    });

    test('of one account, and of one that does not exist', async () => {
      const { lines, name, manifest } = await exported({ period: '2025-02', accountName: 'farm' });
      expect([lines.length, name, manifest.account]).toEqual([2, 'statement-2025-02-farm.csv', 'farm']);
      await expect(writeExport(sql, request({ accountName: 'nobody' }))).rejects.toMatchObject({
        code: 'usage.invalid',
        hint: 'Known: farm, main.',
      });
    });

    test('follows the time zone of the reports', async () => {
      await sql`INSERT INTO sync.settings (key, value) VALUES ('report_time_zone', '"America/New_York"')`;
      try {
        const { manifest } = await exported({ period: '2025-02' });
        expect(manifest).toMatchObject({ from: '2025-02-01T05:00:00.000000Z', timeZone: 'America/New_York' });
        // Midnight in UTC is still the evening before.
        expect(manifest.totals['BTC']?.pending).toBe('12345678901234567897.5');
      } finally {
        await sql`DELETE FROM sync.settings WHERE key = 'report_time_zone'`;
      }
    });

    test('a row keeps its id in every export, and no two share one', async () => {
      const first = await exported({ period: '2025-02' });
      const all = await exported({ period: '2025' });
      const idsOf = (lines: readonly string[]) => lines.slice(1).map((line) => line.slice(0, 32));
      expect(new Set(idsOf(all.lines)).size).toBe(6);
      expect(idsOf(all.lines)).toEqual(expect.arrayContaining(idsOf(first.lines)));
    });
  });

  describe('in each type of file', () => {
    test('JSON holds the same rows, amounts as text', async () => {
      const { text, manifest } = await exported({ period: '2025-02', fileType: 'json' });
      const { rows, about } = JSON.parse(text) as { rows: Record<string, string>[]; about: unknown };
      expect(rows.map((row) => row['amount'])).toEqual([
        '0.100000000000000001',
        '-0.25',
        '12345678901234567890.5',
        '3',
      ]);
      expect(rows[0]).toMatchObject({ sub_account: '=cmd|calc', type: null });
      expect({ ...(about as object), files: manifest.files }).toEqual(manifest);
    });

    test('P1 a workbook holds each amount as text and as a number', async () => {
      const { files } = await writeExport(sql, request({ period: '2025-02', fileType: 'xlsx' }));
      const [title, items] = sheetsOf(files[0]);
      expect(items![0]).toEqual([
        'Mined on',
        'Paid on',
        'Sub-account',
        'Income',
        'Status',
        'Coin',
        'Amount',
        'Exact amount',
        'Account',
        'Algorithm',
        'Known since (UTC)',
        'Sub-account id',
        'Row id',
      ]);
      expect(items!.slice(1).map((row) => row.slice(-11, -5))).toEqual([
        ['=cmd|calc', 'Mining', 'Settled', 'BTC', '0.1', '0.100000000000000001'],
        ['=cmd|calc', 'Mining', 'Settled', 'BTC', '-0.25', '-0.25'],
        ['Über "sub", eins', 'Mining', 'Pending', 'BTC', '12345678901234567000', '12345678901234567890.5'],
        ['=cmd|calc', 'Mining', 'ODD', 'LTC', '3', '3'],
      ]);
      expect(title![0]).toEqual(['Mining income, February 2025']);
      expect(title).toEqual(
        expect.arrayContaining([
          ['Account', 'farm, main'],
          ['Period', '2025-02-01 to 2025-02-28 (days of UTC)'],
          ['Tie-out', 'Not compared: the pool has reported no totals for it.'],
          ['Items', '4, and 0 adjustments of closed months'],
          ['Coin', '', 'Items', 'Settled', 'Pending', 'Other', 'Total'],
          [
            'BTC',
            '',
            '3',
            '-0.149999999999999999',
            '12345678901234567890.500000000000000000',
            '0',
            '12345678901234567890.350000000000000001',
          ],
          ['LTC', '', '1', '0', '0', '3', '3'],
          ['LTC', '2025-02-28', '1', '0', '3', '3'],
        ]),
      );
    });

    test.each(['csv', 'json', 'xlsx'] as const)(
      'P4 the same instant makes the same %s again, byte for byte',
      async (fileType) => {
        const fileOf = async (asOf: string) => {
          const { manifest } = await writeExport(
            sql,
            request({ period: '2025-02', fileType, asOf, mayReplace: true }),
          );
          return manifest.files[0]!;
        };
        const { manifest } = await writeExport(sql, request({ period: '2025-02', fileType, asOf: 'now' }));
        const first = await fileOf(manifest.asOf);
        expect(await fileOf(manifest.asOf)).toEqual(first);
        expect(
          createHash('sha256')
            .update(readFileSync(path.join(folder, first.name)))
            .digest('hex'),
        ).toBe(first.sha256);
      },
    );
  });

  describe('for tax tools', () => {
    test('Koinly gets what was paid, and what is taken back as sent', async () => {
      const feb = await exported({ format: 'koinly', period: '2025-02' });
      expect(feb.lines).toEqual([
        'Date,Sent Amount,Sent Currency,Received Amount,Received Currency,Fee Amount,Fee Currency,Net Worth Amount,Net Worth Currency,Label,Description,TxHash',
        expect.stringMatching(
          /^2025-02-02 10:20:30 UTC,,,0\.100000000000000001,BTC,,,,,mining,KuCoin Pool =cmd\|calc SHA256d earnings of 2025-02-01,[0-9a-f]{32}$/,
        ),
      ]);
      const march = await exported({ format: 'koinly', period: '2025-03' });
      expect(march.lines[1]).toMatch(/^2025-03-01 00:00:00 UTC,0\.25,BTC,,,,,,,cost,/);
    });

    test('CoinTracker gets the same in its order, month first', async () => {
      const { lines } = await exported({ format: 'cointracker', period: '2025-02' });
      expect(lines).toEqual([
        'Date,Received Quantity,Received Currency,Sent Quantity,Sent Currency,Fee Amount,Fee Currency,Tag',
        '02/02/2025 10:20:30,0.100000000000000001,BTC,,,,,mining',
      ]);
    });

    test('every tax tool gets its own columns, on the cash basis', async () => {
      for (const [format, { header }] of Object.entries({ koinly: KOINLY, cointracker: COINTRACKER })) {
        const { lines, manifest } = await exported({ format: format as 'koinly', period: '2025-02' });
        expect([lines[0], manifest.basis]).toEqual([header.join(','), 'cash']);
      }
    });
  });

  describe('in a folder', () => {
    test('a file is replaced only when forced, and never half written', async () => {
      await exported({ period: '2025-02' });
      const before = readdirSync(folder).sort();
      expect(before).toEqual(['statement-2025-02.csv', 'statement-2025-02.csv.manifest.json']);
      await expect(writeExport(sql, request({ period: '2025-02' }))).rejects.toMatchObject({
        code: 'usage.invalid',
        message: expect.stringContaining('already') as string,
      });
      await exported({ period: '2025-02', mayReplace: true });
      const aborted = AbortSignal.abort();
      await expect(writeExport(sql, request({ signal: aborted }))).rejects.toMatchObject({ code: 'aborted' });
      expect(readdirSync(folder).sort()).toEqual(before);
    });

    test('a folder is made; where none can be made it says so', async () => {
      const deep = path.join(folder, 'books', '2025');
      await writeExport(sql, request({ period: '2025-02', folder: deep }));
      expect(readdirSync(deep)).toContain('statement-2025-02.csv');
      const file = path.join(deep, 'statement-2025-02.csv');
      const wrong = [file, path.join(file, 'books')];
      // Node's own recursive mkdir goes round in circles in /proc, for ever.
      for (const impossible of process.platform === 'linux' ? [...wrong, '/proc/x', '/proc/x/y'] : wrong) {
        await expect(writeExport(sql, request({ folder: impossible }))).rejects.toMatchObject({
          code: 'usage.invalid',
          hint: expect.stringContaining('--out') as string,
        });
      }
    });
  });
});

describe('as of', () => {
  test('P4 what an export said of an instant it says again', async () => {
    await earn({ day: '2025-05-01', amount: '1' });
    const first = await exported({ period: '2025-05' });
    await earn({ day: '2025-05-01', amount: '2', settledAt: '2025-05-03T00:00:00Z' });
    await earn({ day: '2025-05-02', amount: '4' });
    // Beside the first one, not in its place.
    const again = await exported({ period: '2025-05', asOf: first.manifest.asOf });
    expect(again.text).toBe(first.text);
    expect(again.name).toMatch(/^statement-2025-05-as-of-\d{8}T\d+Z\.csv$/);
    const files = first.manifest.files.map((file) => ({ ...file, name: again.name }));
    expect(again.manifest).toEqual({ ...first.manifest, asOfReason: 'given', files });
    const now = await exported({ period: '2025-05', mayReplace: true });
    expect(now.manifest.totals['BTC']?.total).toBe('6');
  });

  test('P11 an instant before the first sync says so', async () => {
    const { notes, manifest } = await writeExport(sql, request({ asOf: '2020-01-01T00:00:00Z' }));
    expect([manifest.rows, notes]).toEqual([
      0,
      [expect.stringContaining('Nothing was known at 2020-01-01') as string],
    ]);
  });

  test('P11 no rows of a read month differ from one not read', async () => {
    const empty = async (period: string) => {
      const { manifest, notes, isUnread } = await writeExport(sql, request({ period, mayReplace: true }));
      expect(manifest.rows).toBe(0);
      return [isUnread, notes.join(' ')];
    };
    const none = 'There is no income in 2024-05 (UTC)';
    expect(await empty('2024-05')).toEqual([true, expect.stringMatching(/None has been synced yet/)]);
    await sql`
      INSERT INTO sync.cursors (stream, puid, algo)
      VALUES ('earnings', 7, 'SHA256d'), ('rewards', 7, 'SHA256d')`;
    expect(await empty('2024-05')).toEqual([
      true,
      expect.stringMatching(/It was not read whole for this time/),
    ]);
    await sql`
      INSERT INTO sync.windows (stream, puid, algo, from_at, to_at, verified_at)
      SELECT stream, puid, algo, '2024-05-20Z', 'infinity', now() FROM sync.cursors`;
    expect(await empty('2024-05')).toEqual([true, expect.stringContaining(none)]);
    await sql`UPDATE sync.cursors SET history_complete = stream = 'earnings'`;
    expect(await empty('2024-05')).toEqual([
      true,
      expect.stringMatching(/1 of 2 lists of income were not read/),
    ]);
    await sql`UPDATE sync.cursors SET history_complete = true`;
    expect(await empty('2024-05')).toEqual([
      false,
      expect.stringMatching(/^There is no income in 2024-05 \(UTC\) as of \S+\.$/),
    ]);
    expect(await empty('2024-04')).toEqual([true, expect.stringMatching(/not read whole/)]);
    expect(await empty('2999-01')).toEqual([true, expect.stringMatching(/not read whole/)]);
    await sql`DELETE FROM sync.windows`;
    await sql`DELETE FROM sync.cursors`;
  });

  test('an instant to come is refused: it could still change', async () => {
    await expect(writeExport(sql, request({ asOf: '2999-01-01T00:00:00Z' }))).rejects.toMatchObject({
      code: 'usage.invalid',
    });
  });

  test('a closed month is exported as of its close', async () => {
    await earn({ day: '2025-07-10', amount: '1' });
    const closed = await closeMonth(sql, findMonth('2025-07')!, { note: null, force: true });
    await earn({ day: '2025-07-10', amount: '0.75' });
    await earn({ day: '2025-08-01', amount: '10' });

    const july = await exported({ period: '2025-07' });
    expect(july.manifest.asOfReason).toBe('close of the month');
    expect(closed).toMatchObject({ record: { instant: july.manifest.asOf } });
    expect(july.manifest.totals['BTC']).toMatchObject({ total: '1', adjustments: '0' });

    const [booked] = await sql<{ month: string }[]>`
      SELECT to_char(booked_in, 'YYYY-MM') AS month FROM report.income_changes`;
    const later = await exported({ period: booked!.month });
    expect(later.manifest.totals['BTC']?.adjustments).toBe('-0.25');
    expect(later.lines.filter((line) => line.includes(',adjustment,'))).toEqual([
      expect.stringContaining(',2025-07,2025-07-10,') as string,
    ]);
    // Over the whole year the month is read as it is now: its adjustment would count twice.
    const year = await exported({ period: '2025', basis: 'accrual' });
    expect(year.text).not.toContain('adjustment');
  });
});

test('cash basis: a late payment is in the next open month', async () => {
  await earn({ day: '2025-10-30', amount: '2' });
  await closeMonth(sql, findMonth('2025-10')!, { note: null, force: true });
  await earn({ day: '2025-10-30', amount: '2', settledAt: '2025-10-31T09:00:00Z' });
  const october = await exported({ period: '2025-10', basis: 'cash' });
  expect(october.manifest.rows).toBe(0);
  const november = await exported({ period: '2025-11', basis: 'cash' });
  expect(november.manifest.totals['BTC']).toMatchObject({ rows: 1, adjustments: '2', total: '2' });
  expect(november.lines[1]).toContain(',2025-10,2025-10-30,');
  const koinly = await exported({ period: '2025-11', format: 'koinly' });
  expect(koinly.lines[1]).toMatch(/^2025-10-31 00:00:00 UTC,,,2,BTC,,,,,mining,/);
  expect((await exported({ period: '2025-11' })).manifest.rows).toBe(0);
});

describe('only what changed since the last export', () => {
  test('new, changed and vanished rows come to the whole', async () => {
    const chain = { sinceLast: true, period: '2024-03', format: 'statement' } as const;
    await earn({ day: '2024-03-01', amount: '1' });
    await earn({ day: '2024-03-02', amount: '2', settledAt: '2024-03-03T00:00:00Z' });
    const first = await exported(chain);
    expect([first.name, first.manifest.changesSince]).toEqual(['statement-2024-03.csv', null]);

    const nothing = await exported(chain);
    expect(nothing.manifest).toMatchObject({ rows: 0, totals: {}, changesSince: first.manifest.asOf });

    await earn({ day: '2024-03-01', amount: '1.5', settledAt: '2024-03-03T00:00:00Z' });
    await earn({ day: '2024-03-04', amount: '4' });
    await sql`UPDATE pool.earnings SET withdrawn_at = now() WHERE mining_date = '2024-03-02'`;
    const second = await exported(chain);
    expect(second.name).toMatch(/^statement-2024-03-changes-\d{8}T\d+Z\.csv$/);
    expect(second.manifest.changesSince).toBe(nothing.manifest.asOf);
    const cells = second.lines.slice(1).map((line) => line.split(','));
    expect(cells.map((row) => [row[2], row[13], row[14], row[15], row[16], row[17]])).toEqual([
      ['changed', '1.5', '1', '0.5', 'SETTLED', 'WAIT_SETTLE'],
      ['removed', '0', '2', '-2', 'SETTLED', 'SETTLED'],
      ['new', '4', '', '4', 'WAIT_SETTLE', ''],
    ]);
    expect(second.manifest.totals).toEqual({
      BTC: { rows: 3, settled: '-0.5', pending: '3', other: '0', adjustments: '0', total: '2.5' },
    });
    const whole = await exported({ period: '2024-03', mayReplace: true });
    expect(whole.manifest.totals['BTC']).toMatchObject({ settled: '1.5', pending: '4', total: '5.5' });
  });

  test('what an export continues is checked for changes', async () => {
    const chain = { sinceLast: true, period: '2024-09' } as const;
    const first = await writeExport(sql, request(chain));
    writeFileSync(first.files[0], 'edited');
    const second = await writeExport(sql, request(chain));
    expect(first.notes.join(' ')).not.toContain('continues');
    expect(second.notes).toEqual([expect.stringContaining('not as it was exported') as string]);
    rmSync(second.files[0]);
    const third = await writeExport(sql, request(chain));
    expect(third.notes).toEqual([expect.stringContaining('is no longer in') as string]);
    writeFileSync(third.files[1], readFileSync(third.files[1], 'utf8').slice(0, 100));
    await expect(writeExport(sql, request(chain))).rejects.toMatchObject({ code: 'usage.invalid' });
    // Of another kind, it is nobody's business here.
    await expect(writeExport(sql, request({ ...chain, period: '2024-10' }))).resolves.toBeDefined();
  });

  test('an interrupted export is none, the next continues the last', async () => {
    const chain = { sinceLast: true, period: '2024-11' } as const;
    const first = await writeExport(sql, request(chain));
    const before = readdirSync(folder).sort();
    const gone = new AbortController();
    await earn({ day: '2024-11-01', amount: '1' });
    gone.abort();
    await expect(writeExport(sql, request({ ...chain, signal: gone.signal }))).rejects.toMatchObject({
      code: 'aborted',
    });
    expect(readdirSync(folder).sort()).toEqual(before);
    const second = await writeExport(sql, request(chain));
    expect(second.manifest).toMatchObject({ changesSince: first.manifest.asOf, rows: 1 });
  });

  test('what was taken back and counts again is a row of its own', async () => {
    const chain = { sinceLast: true, period: '2024-07', format: 'koinly' } as const;
    await earn({ day: '2024-07-01', amount: '1', settledAt: '2024-07-02T00:00:00Z' });
    await earn({ day: '2024-07-02', amount: '1' });
    const first = await exported(chain);
    const setWithdrawn = (isWithdrawn: boolean) => sql`
      UPDATE pool.earnings SET withdrawn_at = ${isWithdrawn ? sql`now()` : null} WHERE mining_date = '2024-07-01'`;
    await setWithdrawn(true);
    const gone = await exported(chain);
    await setWithdrawn(false);
    await earn({ day: '2024-07-02', amount: '1', settledAt: '2024-07-04T00:00:00Z' });
    const back = await exported(chain);
    const idsOf = ({ lines }: { lines: readonly string[] }) => lines.slice(1).map((line) => line.slice(-32));
    const ids = [first, gone, back].flatMap(idsOf);
    expect([ids.length, new Set(ids).size]).toEqual([4, 4]);
    // What was merely not paid before has the id that it has in every export.
    const whole = await exported({ period: '2024-07', format: 'koinly', mayReplace: true });
    expect(idsOf(whole)).toEqual([idsOf(first)[0], idsOf(back)[1]]);
  });

  test('a tax tool books the difference as a correction', async () => {
    const chain = { sinceLast: true, period: '2024-06', format: 'koinly' } as const;
    await earn({ day: '2024-06-01', amount: '1', settledAt: '2024-06-02T00:00:00Z' });
    await earn({ day: '2024-06-02', amount: '1', settledAt: '2024-06-02T00:00:00Z' });
    const first = await exported(chain);
    await earn({ day: '2024-06-01', amount: '0.9', settledAt: '2024-06-02T00:00:00Z' });
    await earn({ day: '2024-06-02', amount: '1', settledAt: '2024-06-03T00:00:00Z' });
    await earn({ day: '2024-06-03', amount: '0', settledAt: '2024-06-03T00:00:00Z' });
    const second = await exported(chain);
    expect(second.lines).toHaveLength(2);
    expect(second.lines[1]).toMatch(/^2024-06-02 00:00:00 UTC,0\.1,BTC,,,,,,,cost,/);
    expect(second.lines[1]!.slice(-32)).not.toBe(first.lines[1]!.slice(-32));
    expect(second.manifest.leftOut).toEqual({ 'nothing to book': 2 });
  });
});

test('P8 a long export is streamed: each row once, in order', async () => {
  await sql`
    INSERT INTO pool.rewards (puid, algo, currency, mined_at, type, ordinal, amount, status, settled_at)
    SELECT 7, 'SHA256d', 'LTC', '2023-01-01'::timestamptz + make_interval(mins => n), 'REWARD_EARN', 0, n / 1000.0,
           'SETTLED', '2023-06-01' FROM generate_series(1, 5500) AS n`;
  const { lines, manifest } = await exported({ period: '2023' });
  expect(lines).toHaveLength(5501);
  expect(new Set(lines).size).toBe(5501);
  expect(manifest.totals['LTC']?.total).toBe('15127.75');
  const days = lines.slice(1).map((line) => line.split(',')[11]!);
  expect(days).toEqual([...days].sort());
});
