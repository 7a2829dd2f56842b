/** What happens to rows that cannot be parsed, and to those around them? */
import { millisecondsInHour as HOUR_MS } from 'date-fns/constants';
import { DAY_MS } from '../../../src/core/day';
import { type LabScope, useLedgerLab, VERIFY, YESTERDAY } from '../../support/ledger-lab';
import { runCliInProcess } from '../../support/cli-in-process';

const lab = useLedgerLab();

const BROKEN = '{"amount":"1.5 BTC","currency":"BTC","miningDate":1792108800000,"status":"SETTLED","x":1.0}';

async function kpool(...args: readonly string[]) {
  return runCliInProcess(args, { DATABASE_URL: lab.databaseUrl, LOG_LEVEL: 'silent' });
}

async function quarantineOf(labScope: LabScope) {
  return lab.sql<{ quarantine_id: string; raw: string; resolved: boolean; accepted: boolean }[]>`
    SELECT quarantine_id::text, raw, resolved_at IS NOT NULL AS resolved, accepted_at IS NOT NULL AS accepted
      FROM sync.quarantined_rows WHERE puid = ${String(labScope.scope.puid)} ORDER BY quarantine_id`;
}

async function doubtOf({ scope }: LabScope): Promise<Record<string, number>> {
  const [doubt] = await lab.sql<{ completeness: number; freshness: number }[]>`
    SELECT (SELECT sum(rows_in_doubt)::int FROM report.completeness WHERE puid = ${String(scope.puid)}) AS completeness,
           (SELECT rows_in_doubt::int FROM report.data_freshness WHERE stream = 'earnings') AS freshness`;
  return { ...doubt };
}

async function brokenScope(): Promise<{ labScope: LabScope; broken: { withdraw(): void } }> {
  const { world } = lab.simulator;
  const labScope = await lab.newScope('earnings');
  for (let day = 0; day < 5; day += 1) {
    world.insertEarning(labScope.key, {
      currency: 'BTC',
      minedAtMs: YESTERDAY - day * DAY_MS,
      amount: `0.${day + 1}`,
    });
  }
  const raw = world.insertRaw('earnings', labScope.key, YESTERDAY, BROKEN);
  return { labScope, broken: { withdraw: () => world.withdraw(raw) } };
}

test('P8 an unreadable row is kept verbatim, others are stored', async () => {
  const { labScope } = await brokenScope();
  const result = await lab.sync(labScope);
  expect([result.outcome, result.totals.inserted, result.totals.quarantined]).toEqual(['partial', 5, 1]);
  await lab.expectTruth(labScope);
  expect(await quarantineOf(labScope)).toMatchObject([{ raw: BROKEN, resolved: false, accepted: false }]);
  const [certificate] = await lab.sql`
    SELECT rows_served, rows_landed, rows_quarantined FROM sync.certificates
     WHERE puid = ${String(labScope.scope.puid)} ORDER BY rows_quarantined DESC LIMIT 1`;
  expect(certificate).toMatchObject({ rows_served: 2, rows_landed: 1, rows_quarantined: 1 });
  const [freshness] = await lab.sql`
    SELECT open_quarantine::int AS open FROM report.data_freshness WHERE stream = 'earnings'`;
  expect(freshness?.['open']).toBe(1);
});

test('P8 a row with unreadable side fields is stored as degraded', async () => {
  const labScope = await lab.newScope('earnings');
  const raw =
    `{"amount":1.5,"currency":"BTC","miningDate":${YESTERDAY},"status":"SETTLED","settleTime":"soon",` +
    '"hashRate":"about 1.0","hashUnit":"H","rejectRate":"-"}';
  lab.simulator.world.insertRaw('earnings', labScope.key, YESTERDAY, raw);
  const result = await lab.sync(labScope);
  expect([result.outcome, result.totals.inserted, result.totals.quarantined]).toEqual(['succeeded', 1, 0]);
  const [row] = await lab.sql`
    SELECT amount::text, settled_at, hash_rate_hps, reject_rate, extra FROM pool.earnings
     WHERE puid = ${String(labScope.scope.puid)}`;
  expect(row).toEqual({
    amount: '1.5',
    settled_at: null,
    hash_rate_hps: null,
    reject_rate: null,
    extra: { hashRate: 'about 1.0', rejectRate: '-', settleTime: 'soon' },
  });
  const [freshness] = await lab.sql`
    SELECT degraded_rows::int AS degraded FROM report.data_freshness WHERE stream = 'earnings'`;
  expect(freshness?.['degraded']).toBe(1);
  const again = await lab.sync(labScope, { request: VERIFY });
  expect([again.outcome, again.totals.changed, again.totals.unchanged]).toEqual(['succeeded', 0, 1]);
});

test('P8 two equal unreadable rows are two, and are kept once each', async () => {
  const { labScope } = await brokenScope();
  lab.simulator.world.insertRaw('earnings', labScope.key, YESTERDAY, BROKEN);
  await lab.sync(labScope);
  const again = await lab.sync(labScope, { request: VERIFY });
  expect([again.outcome, again.totals.quarantined]).toEqual(['partial', 2]);
  expect(await quarantineOf(labScope)).toHaveLength(2);
});

test('P4 an unreadable row prevents withdrawals on its day', async () => {
  const { labScope, broken } = await brokenScope();
  await lab.sync(labScope);
  const gone = lab.simulator.world.earnings(labScope.key).find(({ minedAtMs }) => minedAtMs === YESTERDAY);
  lab.simulator.world.withdraw(gone!);
  const held = await lab.sync(labScope, { request: VERIFY });
  expect([held.outcome, held.totals.withdrawn, (await lab.storedOf(labScope)).length]).toEqual([
    'partial',
    0,
    5,
  ]);
  expect(await doubtOf(labScope)).toEqual({ completeness: 1, freshness: 1 });
  broken.withdraw();
  const free = await lab.sync(labScope, { request: VERIFY });
  expect([free.outcome, free.totals.withdrawn]).toEqual(['succeeded', 1]);
  await lab.expectTruth(labScope);
  expect(await doubtOf(labScope)).toEqual({ completeness: 0, freshness: 0 });
});

test.each([String(YESTERDAY - 50 * DAY_MS), '"soon"'])(
  'P4 an unreadable row of %s hides no withdrawal elsewhere',
  async (statedAt) => {
    const { world } = lab.simulator;
    const labScope = await lab.newScope('earnings');
    for (let day = 0; day < 90; day += 1)
      world.insertEarning(labScope.key, {
        currency: 'BTC',
        minedAtMs: YESTERDAY - day * DAY_MS,
        amount: `0.${day + 1}`,
      });
    world.insertRaw(
      'earnings',
      labScope.key,
      YESTERDAY - 50 * DAY_MS,
      BROKEN.replace('1792108800000', statedAt),
    );
    await lab.sync(labScope);
    await kpool('quarantine', 'accept', ...(await quarantineOf(labScope)).map((row) => row.quarantine_id));
    const rows = world
      .earnings(labScope.key)
      .filter(({ minedAtMs }) => minedAtMs !== YESTERDAY - 50 * DAY_MS);
    for (const n of [10, 30, 60]) world.withdraw(rows[n]!);
    const result = await lab.sync(labScope, { request: VERIFY });
    expect([result.outcome, result.totals.withdrawn]).toEqual(['succeeded', 3]);
    await lab.expectTruth(labScope);
  },
  60_000,
);

test('P8 an unreadable row is read daily until it is readable', async () => {
  const { world } = lab.simulator;
  const labScope = await lab.newScope('earnings');
  const old = YESTERDAY - 400 * DAY_MS;
  for (let day = 0; day < 250; day += 1) {
    world.insertEarning(labScope.key, {
      currency: 'BTC',
      minedAtMs: YESTERDAY - 2 * day * DAY_MS,
      amount: `0.${day + 1}`,
    });
  }
  const raw = world.insertRaw('earnings', labScope.key, old, BROKEN);
  expect((await lab.sync(labScope)).outcome).toBe('partial');
  await lab.advance(HOUR_MS);
  const cycle = await lab.sync(labScope);
  expect([cycle.outcome, cycle.totals.requests]).toEqual(['succeeded', 1]);
  await lab.advance(DAY_MS);
  const daily = await lab.sync(labScope);
  expect([daily.outcome, daily.totals.quarantined]).toEqual(['partial', 1]);
  expect(daily.totals.requests).toBeLessThanOrEqual(3);
  world.withdraw(raw);
  world.insertEarning(labScope.key, { currency: 'BTC', minedAtMs: old, amount: '1.5' });
  await lab.advance(DAY_MS + 1);
  const mended = await lab.sync(labScope);
  expect([mended.outcome, mended.totals.inserted]).toEqual(['succeeded', 1]);
  expect(await quarantineOf(labScope)).toMatchObject([{ resolved: true }]);
  await lab.expectTruth(labScope);
});

test('P8 a contradictory read does not resolve an unreadable row', async () => {
  const { labScope } = await brokenScope();
  await lab.sync(labScope);
  lab.simulator.faults.next(
    'earn/query',
    {
      kind: 'rewrite',
      rewrite: (json) => json.replace(/"items":\[.*\]/, '"items":[]'),
    },
    3,
  );
  expect((await lab.sync(labScope, { request: VERIFY })).outcome).toBe('partial');
  expect(await quarantineOf(labScope)).toMatchObject([{ resolved: false }]);
  lab.simulator.faults.clear();
});

test('P8 P11 a run is complete once a person accepted the row', async () => {
  const { labScope } = await brokenScope();
  await lab.sync(labScope);
  const [{ quarantine_id: number } = { quarantine_id: '' }] = await quarantineOf(labScope);
  const list = await kpool('quarantine', 'list');
  expect(list.code).toBe(0);
  expect(list.stdout).toMatch(new RegExp(`^ *${number} .* earnings .* open .*amount is "1.5 BTC"`, 'm'));
  const show = await kpool('quarantine', 'show', number, '--json');
  expect(JSON.parse(show.stdout)).toMatchObject([
    { number, state: 'open', raw: BROKEN, puid: String(labScope.scope.puid) },
  ]);
  expect((await kpool('quarantine', 'accept', number, '--note', 'ticket 7')).stdout).toBe(
    'Accepted 1 row.\n',
  );
  expect((await kpool('quarantine', 'accept', number)).stdout).toMatch(/already accepted/);
  const after = JSON.parse((await kpool('quarantine', 'list', '--json')).stdout) as { number: string }[];
  expect(after.filter((row) => row.number === number)).toEqual([]);
  const all = JSON.parse((await kpool('quarantine', 'list', '--all', '--json')).stdout) as {
    number: string;
  }[];
  expect(all.find((row) => row.number === number)).toMatchObject({
    state: 'accepted',
    acceptedNote: 'ticket 7',
  });
  const result = await lab.sync(labScope, { request: VERIFY });
  expect([result.outcome, result.totals.quarantined]).toEqual(['succeeded', 0]);
});

test('P11 an accepted row explains one vanished row, not two', async () => {
  const { labScope } = await brokenScope();
  await lab.sync(labScope);
  await kpool('quarantine', 'accept', ...(await quarantineOf(labScope)).map((row) => row.quarantine_id));
  const { world } = lab.simulator;
  world.insertEarning(labScope.key, { currency: 'BTC', minedAtMs: YESTERDAY, amount: '7' });
  await lab.sync(labScope, { request: VERIFY });
  const [first, second] = world.earnings(labScope.key).filter(({ minedAtMs }) => minedAtMs === YESTERDAY);
  world.withdraw(first!);
  expect((await lab.sync(labScope, { request: VERIFY })).outcome).toBe('succeeded');
  world.withdraw(second!);
  const result = await lab.sync(labScope, { request: VERIFY });
  expect([result.outcome, result.reason]).toEqual([
    'partial',
    'more rows vanished than there are rows that could not be parsed',
  ]);
});

test('a number that is not in the quarantine is wrong usage', async () => {
  const unknown = await kpool('quarantine', 'accept', '999999');
  expect([unknown.code, unknown.stdout]).toEqual([2, '']);
  expect(unknown.stderr).toMatch(/no row 999999/);
  expect((await kpool('quarantine', 'show', 'x')).code).toBe(2);
});
