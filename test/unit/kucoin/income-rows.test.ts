import { DAY_MS } from '../../../src/core/day';
import { findDecimal } from '../../../src/core/decimal';
import type { IncomeRow } from '../../../src/domain/income';
import type { Puid } from '../../../src/domain/ids';
import type { Page } from '../../../src/domain/page';
import { earningsEndpoint } from '../../../src/kucoin/endpoints/earnings';
import { rewardsEndpoint } from '../../../src/kucoin/endpoints/rewards';
import { parseJson } from '../../../src/kucoin/json';

const NOW = Date.UTC(2026, 10, 22);

/** What the pool would serve for one earning, with fields (JSON texts) replaced, added or, if undefined, left out. */
function item(fields: Readonly<Record<string, string | undefined>> = {}): string {
  const all: Readonly<Record<string, string | undefined>> = {
    amount: '1.234',
    currency: '"BTC"',
    hashRate: '100000',
    hashUnit: '"H"',
    rejectRate: '0.02',
    miningDate: '1646040033139',
    settleTime: '1646040033139',
    status: '"WAIT_SETTLE"',
    ...fields,
  };
  const members = Object.entries(all).filter(([, value]) => value !== undefined);
  return `{${members.map(([name, value]) => `"${name}":${value}`).join(',')}}`;
}

function readPage(items: readonly string[], endpoint = earningsEndpoint): Page<IncomeRow> {
  const data = parseJson(
    `{"currentPage":1,"items":[${items.join(',')}],"pageSize":50,"totalNum":${items.length}}`,
  );
  const query = { puid: 1n as Puid, algo: 'SHA256d', startMs: 0, endMs: NOW, currentPage: 1, pageSize: 50 };
  return endpoint.read(data, { query, poolNowMs: NOW, answeredAtMs: NOW });
}

function readRow(fields: Readonly<Record<string, string | undefined>>): IncomeRow {
  const page = readPage([item(fields)]);
  expect(page.unreadable).toEqual([]);
  return page.rows[0]!;
}

function reasonFor(fields: Readonly<Record<string, string | undefined>>): string {
  const page = readPage([item(fields)]);
  expect(page.rows).toEqual([]);
  expect(page.unreadable[0]!.raw).toBe(item(fields));
  return page.unreadable[0]!.reason;
}

test('the example of the specification is read', () => {
  expect(readRow({})).toEqual({
    currency: 'BTC',
    type: null,
    minedAtMs: 1646040033139,
    amount: '1.234',
    hashRateHps: '100000',
    hashUnit: 'H',
    rejectRate: '0.02',
    status: 'WAIT_SETTLE',
    settledAtMs: 1646040033139,
    extra: null,
  });
});

test('a reward may lack its hashrate, as in the specification', () => {
  const page = readPage(
    [item({ type: '"MINING_EARN"', hashRate: undefined, hashUnit: undefined })],
    rewardsEndpoint,
  );
  expect(page.rows[0]).toMatchObject({ type: 'MINING_EARN', hashRateHps: null, hashUnit: null });
  // Rewards have no reject rate, but one that is served is kept.
  expect(page.rows[0]!.extra).toBe('{"rejectRate":0.02}');
});

test('a reward without a type cannot be parsed', () => {
  expect(readPage([item()], rewardsEndpoint).unreadable[0]!.reason).toBe('type is missing');
});

test.each([
  ['0.123456789012345678', '0.123456789012345678'],
  ['"0.123456789012345678"', '0.123456789012345678'],
  ['99999999999999999999.999999999999999999', '99999999999999999999.999999999999999999'],
  ['1E-8', '0.00000001'],
  ['"1e-18"', '0.000000000000000001'],
  ['1.50', '1.5'],
  ['1.0000000000000000000000', '1'],
  ['-0.00000001', '-0.00000001'],
  ['-0', '0'],
  ['9007199254740993', '9007199254740993'],
])('P1 the amount %s is kept as %s', (served, kept) => {
  expect(readRow({ amount: served }).amount).toBe(kept);
});

test.each([
  ['0.1234567890123456789', 'amount has 19 decimals (0.1234567890123456789), more than the 18 kept'],
  ['1e-19', 'amount has 19 decimals (1e-19), more than the 18 kept'],
  ['1e20', 'amount is 1e20, 10^20 or more'],
  ['-100000000000000000000', 'amount is -100000000000000000000, 10^20 or more'],
  ['1e999999', 'amount is 1e999999, not a number that can be kept exactly'],
  ['"1,234.5"', 'amount is "1,234.5", not a number that can be kept exactly'],
  ['"NaN"', 'amount is "NaN", not a number that can be kept exactly'],
  ['"0x10"', 'amount is "0x10", not a number that can be kept exactly'],
  ['""', 'amount is missing'],
  ['null', 'amount is missing'],
  [undefined, 'amount is missing'],
  ['true', 'amount is true, not a number'],
  ['{"value":1}', 'amount is {"value":1}, not a number'],
])('P1 the amount %s is quarantined, never rounded', (served, reason) => {
  expect(reasonFor({ amount: served })).toBe(reason);
});

test.each([
  ['1646040033139', 1646040033139],
  ['"1646040033139"', 1646040033139],
  ['1.646040033139E12', 1646040033139],
  ['1646040033139.0', 1646040033139],
])('the miningDate %s is understood', (served, instant) => {
  expect(readRow({ miningDate: served }).minedAtMs).toBe(instant);
});

test.each([
  [undefined, 'miningDate is missing'],
  ['null', 'miningDate is missing'],
  ['0', 'miningDate is 0, before 2009: not a mining date'],
  ['1646040033', 'miningDate is 1646040033, before 2009: not a mining date'],
  ['-1646040033139', /^miningDate is -1646040033139, not a whole number/],
  ['1646040033139.5', /^miningDate is 1646040033139.5, not a whole number/],
  ['"2022-02-28"', /^miningDate is "2022-02-28", not a number/],
  [String(NOW + 2 * DAY_MS + 1), /more than two days in the future$/],
])('an impossible miningDate %s is quarantined', (served, reason) => {
  expect(reasonFor({ miningDate: served })).toEqual(
    reason instanceof RegExp ? expect.stringMatching(reason) : reason,
  );
});

test.each([undefined, 'null', '0', '""', '"0"'])('a settleTime of %s means not settled', (served) => {
  expect(readRow({ settleTime: served }).settledAtMs).toBeNull();
});

test('a settleTime in seconds is not a date of 1970', () => {
  expect(readRow({ settleTime: '1646040033' }).settledAtMs).toBe(1646040033000);
  expect(readRow({ settleTime: '"1646040033"' }).settledAtMs).toBe(1646040033000);
});

test('the last instant that a date can hold is a valid settleTime', () => {
  expect(readRow({ settleTime: '8640000000000000' }).settledAtMs).toBe(8.64e15);
});

test.each([
  ['rejectRate', '"-"', 'rejectRate'],
  ['rejectRate', '{"percent":0.1}', 'rejectRate'],
  ['hashRate', '"about 100"', 'hashRateHps'],
  ['hashRate', '1e999999', 'hashRateHps'],
  ['hashUnit', 'true', 'hashUnit'],
  ['settleTime', '"soon"', 'settledAtMs'],
  ['settleTime', '-1', 'settledAtMs'],
  ['settleTime', '8640000000000001', 'settledAtMs'],
])('P8 a row with a %s of %s is stored without it', (name, served, field) => {
  const row = readRow({ [name]: served });
  expect(row).toMatchObject({ amount: '1.234', currency: 'BTC', status: 'WAIT_SETTLE', [field]: null });
  const kept = JSON.parse(row.extra ?? '{}') as Record<string, unknown>;
  // A number that jsonb cannot hold is kept as its characters.
  expect(kept[name]).toEqual(served === '1e999999' ? served : JSON.parse(served));
});

test('P1 an unreadable number in a side field is kept exactly', () => {
  expect(readRow({ rejectRate: '[0.10]', settleTime: '-1.50' }).extra).toBe(
    '{"rejectRate":[0.10],"settleTime":-1.50}',
  );
});

test.each(['7', '"7"', '"BTC "', '" "', '"BT\\u0000C"', '"BTC\\ufffd"', '"\\u202eBTC"', '"B\\nC"', '"?"'])(
  'a row with the currency %s is quarantined',
  (currency) => {
    const { rows, unreadable } = readPage([item({ currency })]);
    expect(rows).toEqual([]);
    expect(unreadable[0]!.reason).toMatch(/^currency is .*, not a ticker of a currency$/);
  },
);

test.each(['btc', '1INCH', 'USDT-TRC20', 'BTC.b', '$WIF', '币安人生'])(
  '%s is a valid currency',
  (currency) => {
    expect(readRow({ currency: JSON.stringify(currency) }).currency).toBe(currency);
  },
);

test('an unknown status is kept, a missing one is not invented', () => {
  expect(readRow({ status: '"FROZEN"' }).status).toBe('FROZEN');
  expect(reasonFor({ status: '""' })).toBe('status is missing');
  expect(reasonFor({ currency: 'null' })).toBe('currency is missing');
});

test('a hashrate in terahashes is stored exactly in hashes', () => {
  expect(readRow({ hashRate: '"123.456789012345678"', hashUnit: '"TH/s"' })).toMatchObject({
    hashRateHps: '123456789012345.678',
    hashUnit: 'TH/s',
    extra: null,
  });
});

test.each(['"Sol/s"', undefined, 'null', '""'])('a hashrate in the unit %s is kept as it is', (unit) => {
  // The same number in every form, because a row must not seem to change with the form.
  for (const hashRate of ['1.5', '1.50', '"1.5"', '15e-1'])
    expect(readRow({ hashRate, hashUnit: unit })).toMatchObject({
      hashRateHps: null,
      extra: '{"hashRate":1.5}',
    });
});

test('empty rates have no value', () => {
  expect(readRow({ hashRate: '""', rejectRate: '""' })).toMatchObject({
    hashRateHps: null,
    rejectRate: null,
  });
});

test('a hashrate too large has no value and is kept as it is', () => {
  const row = readRow({ hashRate: '1e395', hashUnit: '"TH"' });
  expect(row.hashRateHps).toBeNull();
  expect(row.extra).toBe(`{"hashRate":1${'0'.repeat(395)}}`);
});

test('unknown fields are kept digit for digit', () => {
  expect(readRow({ fee: '0.10', note: '"ü"', deep: '{"a":[1E5,null]}', gone: 'null' }).extra).toBe(
    '{"fee":0.10,"note":"ü","deep":{"a":[1E5,null]},"gone":null}',
  );
});

test('characters that PostgreSQL refuses are replaced and noted', () => {
  const row = readRow({ status: '"SET\\u0000TLED"', note: '{"x":"\\ud800"}' });
  expect(row.status).toBe('SET\uFFFDTLED');
  expect(row.extra).toBe('{"note":{"x":"\uFFFD"},"_nul_replaced":["status","note"]}');
});

test('P8 a bad item does not stop the others', () => {
  const page = readPage([
    item(),
    'null',
    '7',
    '"row"',
    '[1]',
    item({ amount: '"?"' }),
    item({ amount: '5' }),
  ]);
  expect(page.rows.map((row) => row.amount)).toEqual([findDecimal('1.234'), findDecimal('5')]);
  expect(page.unreadable).toEqual([
    { raw: 'null', reason: 'the item is null, not an object' },
    { raw: '7', reason: 'the item is a number, not an object' },
    { raw: '"row"', reason: 'the item is a text, not an object' },
    { raw: '[1]', reason: 'the item is a list, not an object' },
    {
      raw: item({ amount: '"?"' }),
      reason: expect.stringMatching(/^amount is "\?"/) as string,
      // Its date can be parsed, so that only that day is in doubt.
      minedAtMs: 1_646_040_033_139,
    },
  ]);
});

test('every mistake of an item is named', () => {
  expect(reasonFor({ amount: 'null', miningDate: '"x"', status: '5e' + '0' })).toBe(
    'amount is missing; miningDate is "x", not a number that can be kept exactly',
  );
});
