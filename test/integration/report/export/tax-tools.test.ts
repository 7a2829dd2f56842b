import { COINTRACKER, KOINLY } from '../../../../src/report/export/tax-tools';
import { useExportLab } from '../../../support/export-lab';

const { sql, earn, earnFebruary, exported } = useExportLab();
beforeAll(earnFebruary);

test('Koinly gets paid income, and negative income as sent', async () => {
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

test('CoinTracker gets the same rows in its own columns', async () => {
  const { lines } = await exported({ format: 'cointracker', period: '2025-02' });
  expect(lines).toEqual([
    'Date,Received Quantity,Received Currency,Sent Quantity,Sent Currency,Fee Amount,Fee Currency,Tag',
    '02/02/2025 10:20:30,0.100000000000000001,BTC,,,,,mining',
  ]);
});

test('every tax tool has its own header and the cash basis', async () => {
  for (const [format, { header }] of Object.entries({ koinly: KOINLY, cointracker: COINTRACKER })) {
    const { lines, manifest } = await exported({ format: format as 'koinly', period: '2025-02' });
    expect([lines[0], manifest.basis]).toEqual([header.join(','), 'cash']);
  }
});

test('a changed amount is exported as a correction', async () => {
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

test('a withdrawn row that counts again gets an id of its own', async () => {
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
  // The row of July 2 was only unpaid before, so it has the id that it has in every export.
  const whole = await exported({ period: '2024-07', format: 'koinly', mayReplace: true });
  expect(idsOf(whole)).toEqual([idsOf(first)[0], idsOf(back)[1]]);
});
