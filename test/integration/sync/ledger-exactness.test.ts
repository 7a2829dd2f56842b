/** Does every value arrive as the pool served it, and what happens to one that does not fit? */
import { LAB_START, type LabScope, useLedgerLab, VERIFY, YESTERDAY } from '../../support/ledger-lab';

const lab = useLedgerLab();

/** An earning as JSON text, with some members replaced. */
function earning(members: Readonly<Record<string, string>>): string {
  const all = {
    amount: '1',
    currency: '"BTC"',
    miningDate: String(YESTERDAY),
    status: '"SETTLED"',
    ...members,
  };
  return `{${Object.entries(all)
    .map(([name, text]) => `"${name}":${text}`)
    .join(',')}}`;
}

async function land(items: readonly string[]): Promise<{ labScope: LabScope; outcome: string }> {
  const labScope = await lab.newScope('earnings');
  items.forEach((item, i) => lab.simulator.world.insertRaw('earnings', labScope.key, YESTERDAY - i, item));
  return { labScope, outcome: (await lab.sync(labScope)).outcome };
}

async function columnOf(labScope: LabScope, column: string): Promise<unknown[]> {
  const rows = await lab.sql<{ value: unknown }[]>`
    SELECT ${lab.sql.unsafe(column)} AS value FROM pool.earnings WHERE puid = ${String(labScope.scope.puid)}
     ORDER BY mined_at DESC, ordinal`;
  return rows.map(({ value }) => value);
}

const datesOf = (count: number): string[] => Array.from({ length: count }, (_, i) => String(YESTERDAY - i));

test('P1 amounts keep their value, however they are written', async () => {
  const amounts = [
    ['0.123456789012345678', '0.123456789012345678'],
    ['"99999999999999999999.999999999999999999"', '99999999999999999999.999999999999999999'],
    ['-99999999999999999999.999999999999999999', '-99999999999999999999.999999999999999999'],
    ['1.2E-7', '0.00000012'],
    ['"1e-18"', '0.000000000000000001'],
    ['1.5e+19', '15000000000000000000'],
    ['9007199254740993', '9007199254740993'],
    ['-0', '0'],
    ['"0.000000000000000000"', '0'],
    ['"-0.00000001"', '-0.00000001'],
  ] as const;
  const items = amounts.map(([amount], i) => earning({ amount, miningDate: datesOf(99)[i]! }));
  const { labScope, outcome } = await land(items);
  expect(outcome).toBe('succeeded');
  expect(await columnOf(labScope, 'trim_scale(amount)::text')).toEqual(amounts.map(([, kept]) => kept));
});

test('P1 an amount that does not fit is quarantined, not rounded', async () => {
  const broken = [
    '0.1234567890123456789',
    '100000000000000000000',
    '"1e-19"',
    '-1e20',
    '"NaN"',
    'null',
    '""',
    'true',
    '{}',
    '"1,5"',
  ];
  const items = [...broken.map((amount) => earning({ amount })), earning({ amount: '7' })];
  const { labScope, outcome } = await land(items);
  expect(outcome).toBe('partial');
  expect(await columnOf(labScope, 'amount::text')).toEqual(['7']);
  const kept = await lab.sql<{ raw: string; reason: string }[]>`
    SELECT raw, reason FROM sync.quarantined_rows WHERE puid = ${String(labScope.scope.puid)}`;
  expect(kept.map(({ raw }) => raw).sort()).toEqual(broken.map((amount) => earning({ amount })).sort());
  for (const { reason } of kept) expect(reason).toMatch(/^amount /);
});

test('P1 rates keep every digit, in H/s', async () => {
  const { labScope } = await land([
    earning({ hashRate: '123456789012345.678901234567', hashUnit: '"TH"', rejectRate: '"0.0157"' }),
    earning({ hashRate: '"1e30"', hashUnit: '"H"', miningDate: datesOf(2)[1]! }),
  ]);
  expect(await columnOf(labScope, 'hash_rate_hps::text')).toEqual([
    '123456789012345678901234567',
    '1000000000000000000000000000000',
  ]);
  expect(await columnOf(labScope, 'reject_rate::text')).toEqual(['0.0157', null]);
});

test('unknown fields are kept digit for digit', async () => {
  const { labScope, outcome } = await land([
    earning({ fee: '0.10', orderId: '9223372036854775808', nested: '{"a":[1.00,null,true,"x"]}' }),
    earning({ note: '"a\\u0000b"', miningDate: datesOf(5)[1]! }),
    earning({ note: '"\\ud800"', '\\u0000key': '1', miningDate: datesOf(5)[2]! }),
    earning({ huge: '1e400', deep: '[[[[1]]]]', miningDate: datesOf(5)[3]! }),
    earning({ status: '"PA\\u0000ID"', miningDate: datesOf(5)[4]! }),
  ]);
  expect(outcome).toBe('succeeded');
  const extras = await columnOf(labScope, 'extra::text');
  expect(extras[0]).toBe(
    '{"fee": 0.10, "nested": {"a": [1.00, null, true, "x"]}, "orderId": 9223372036854775808}',
  );
  expect(extras[1]).toContain('"note": "a\uFFFDb"');
  expect(extras[2]).toContain('"note": "\uFFFD"');
  expect(extras[3]).toContain(`"huge": 1${'0'.repeat(400)}`);
  expect(await columnOf(labScope, 'status')).toContain('PA\uFFFDID');
  const again = await lab.sync(labScope, { request: VERIFY });
  expect([again.outcome, again.totals.inserted, again.totals.changed]).toEqual(['succeeded', 0, 0]);
});

test('P8 a text too long for a key is quarantined', async () => {
  const { labScope, outcome } = await land([
    earning({ currency: JSON.stringify(randomText(20_000)) }),
    earning({ status: JSON.stringify(randomText(20_000)), miningDate: datesOf(3)[1]! }),
    earning({ amount: '2', miningDate: datesOf(3)[2]! }),
  ]);
  expect([outcome, await columnOf(labScope, 'amount::text')]).toEqual(['partial', ['2']]);
});

/** Text that does not compress, so that no index entry can hold it. */
function randomText(length: number): string {
  let state = 7;
  return Array.from({ length }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return String.fromCharCode(97 + (state % 26));
  }).join('');
}

test('settle times stay as served, impossible days are quarantined', async () => {
  const settled = ['8640000000000000', '4102444800000', '1', '0', 'null', '""'];
  const { labScope, outcome } = await land(
    settled.map((settleTime, i) => earning({ settleTime, miningDate: datesOf(9)[i]! })),
  );
  expect(outcome).toBe('succeeded');
  expect(await columnOf(labScope, '(extract(epoch FROM settled_at) * 1000)::bigint::text')).toEqual([
    '8640000000000000',
    '4102444800000',
    '1',
    null,
    null,
    null,
  ]);
  const absurd = [
    '-1',
    '0',
    'null',
    '"yesterday"',
    '1646040033',
    '8640000000000001',
    String(LAB_START * 2),
    '1.5',
  ];
  const bad = await land(absurd.map((miningDate) => earning({ miningDate })));
  expect([bad.outcome, await columnOf(bad.labScope, 'amount')]).toEqual(['partial', []]);
});

test('ids up to 2^63 - 1 keep their rows apart', async () => {
  const { sql } = lab;
  const puid = 2n ** 63n - 1n;
  const labScope = await lab.newScope('earnings');
  const far: LabScope = {
    key: { ...labScope.key, puid },
    scope: { ...labScope.scope, puid: puid as typeof labScope.scope.puid },
  };
  lab.simulator.world.addSubAccount('main', { puid, pname: 'far', defaultAlgo: 'SHA256d' });
  await sql`INSERT INTO pool.sub_accounts (account_id, puid, pname) VALUES (${lab.accountId}, ${String(puid)}, 'far')`;
  lab.simulator.world.insertEarning(far.key, { currency: 'BTC', minedAtMs: YESTERDAY, amount: '1' });
  expect((await lab.sync(far)).outcome).toBe('succeeded');
  expect(await lab.storedOf(far)).toEqual(lab.truthOf(far));
});

test('unknown statuses and types are kept and reported', async () => {
  const labScope = await lab.newScope('rewards');
  lab.simulator.world.insertReward(labScope.key, {
    currency: 'BTC',
    minedAtMs: YESTERDAY,
    amount: '1',
    status: 'ON_HOLD',
    type: 'LUCKY_EARN',
  });
  expect((await lab.sync(labScope)).outcome).toBe('succeeded');
  await lab.expectTruth(labScope);
  const [freshness] = await lab.sql`
    SELECT unknown_values FROM report.data_freshness WHERE stream = 'rewards'`;
  expect(freshness?.['unknown_values']).toBe('status ON_HOLD, type LUCKY_EARN');
});
