import fc from 'fast-check';
import { KpoolError } from '../../../src/core/errors';
import { Secret } from '../../../src/core/secret';
import type { Puid, WorkerId } from '../../../src/domain/ids';
import { interpretAnswer } from '../../../src/kucoin/answer';
import type { Endpoint } from '../../../src/kucoin/endpoint';
import { accountIncomeEndpoint } from '../../../src/kucoin/endpoints/account-income';
import { algorithmsEndpoint } from '../../../src/kucoin/endpoints/algorithms';
import { earningsEndpoint } from '../../../src/kucoin/endpoints/earnings';
import { rewardsEndpoint } from '../../../src/kucoin/endpoints/rewards';
import { subAccountIncomeEndpoint } from '../../../src/kucoin/endpoints/sub-account-income';
import { subAccountsEndpoint } from '../../../src/kucoin/endpoints/sub-accounts';
import { workerDetailsEndpoint } from '../../../src/kucoin/endpoints/worker-details';
import { workersEndpoint } from '../../../src/kucoin/endpoints/workers';
import { createRedactor } from '../../../src/kucoin/redaction';

const credentials = {
  apiKey: new Secret('64b7c0ffee0123456789abcd'),
  apiSecret: new Secret('5e0d2c1b-9f8e-7d6c-5b4a-390817'),
  apiPassphrase: new Secret('open sesame'),
};
const redactor = createRedactor(credentials, new Secret('c2lnbmVkIHBhc3NwaHJhc2U/+A=='));
const scope = { puid: 1n as Puid, algo: 'SHA256d', currentPage: 1, pageSize: 50 };

function interpret<Query, Answer>(
  endpoint: Endpoint<Query, Answer>,
  query: Query,
  body: Buffer,
  httpStatus = 200,
) {
  const raw = {
    httpStatus,
    contentType: 'application/json',
    location: null,
    dateMs: null,
    retryAfterMs: null,
  };
  const times = { sentAtMs: 0, headersAtMs: 0, completedAtMs: 0 };
  const context = { query, poolNowMs: Date.UTC(2026, 10, 22), answeredAtMs: 0 };
  return interpretAnswer(endpoint, { ...raw, ...times, body }, context, redactor).outcome;
}

/** Every endpoint's outcome for one body. */
function interpretEverywhere(body: Buffer, httpStatus?: number) {
  const income = { ...scope, startMs: 0, endMs: 1 };
  return [
    interpret(algorithmsEndpoint, undefined, body, httpStatus),
    interpret(subAccountsEndpoint, undefined, body, httpStatus),
    interpret(earningsEndpoint, income, body, httpStatus),
    interpret(rewardsEndpoint, income, body, httpStatus),
    interpret(workersEndpoint, { ...scope, status: 'TOTAL' }, body, httpStatus),
    interpret(workerDetailsEndpoint, { ...scope, workerId: 1n as WorkerId }, body, httpStatus),
    interpret(accountIncomeEndpoint, 'BTC', body, httpStatus),
    interpret(subAccountIncomeEndpoint, 'BTC', body, httpStatus),
  ];
}

function expectUnderstoodOrClassified(body: Buffer, httpStatus?: number): void {
  for (const outcome of interpretEverywhere(body, httpStatus))
    if ('failure' in outcome) expect(outcome.failure.error).toBeInstanceOf(KpoolError);
}

const FIELDS = ['workerId', 'puid', 'amount', 'currency', 'miningDate', 'settleTime', 'hashRate', 'hashUnit'];
const fieldName = fc.oneof(
  fc.constantFrom(...FIELDS, 'status', 'type', 'pname', 'rejectRate', '__proto__', 'toString', 'constructor'),
  fc.string({ unit: 'binary' }),
);
/** JSON text with numbers of any size, texts of any characters, and the names that matter. */
const { value: anyJson } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(
      'null',
      'true',
      'false',
      '""',
      '0',
      '-0',
      '1e400',
      '-1e-400',
      '1646040033139',
      '"H"',
      '"BTC"',
    ),
    fc.stringMatching(/^-?(0|[1-9]\d{0,25})(\.\d{1,25})?([eE][+-]?\d{1,7})?$/),
    fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)),
    fc.array(tie('value')).map((items) => `[${items.join(',')}]`),
    fc
      .uniqueArray(fc.tuple(fieldName, tie('value')), { selector: ([name]) => name })
      .map((members) => `{${members.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`),
  ),
}));

test('P8 any item becomes a row or a quarantined row', () => {
  const sound =
    '{"workerId":1,"puid":1,"pname":"a","amount":1,"currency":"BTC","miningDate":1646040033139,"status":"X","type":"Y"}';
  fc.assert(
    fc.property(anyJson, (item) => {
      const list = `[${sound},${item},${sound}]`;
      const page = `{"currentPage":1,"pageSize":50,"totalNum":3,"items":${list}}`;
      for (const data of [list, page]) {
        const body = Buffer.from(`{"code":"200","success":true,"data":${data}}`);
        for (const outcome of interpretEverywhere(body)) {
          if (!('value' in outcome) || outcome.value.rows.length + outcome.value.unreadable.length !== 3)
            continue;
          const { unreadable } = outcome.value;
          for (const row of unreadable) expect(() => void JSON.parse(row.raw)).not.toThrow();
        }
      }
      const income = { ...scope, startMs: 0, endMs: 1 };
      const outcome = interpret(earningsEndpoint, income, Buffer.from(`{"code":"200","data":${page}}`));
      if (!('value' in outcome)) throw new Error('the page was not read');
      expect(outcome.value.rows.length).toBeGreaterThanOrEqual(2);
      expect(outcome.value.rows.length + outcome.value.unreadable.length).toBe(3);
    }),
    // Texts that once threw: an object instead of an instant.
    { numRuns: 300, examples: [['{"miningDate":[{"toString":null}]}']] },
  );
});

test('any answer is parsed or classified as a failure', () => {
  fc.assert(
    fc.property(anyJson, fc.constantFrom(200, 201, 204, 302, 400, 403, 418, 500, 599), (json, httpStatus) => {
      for (const text of [
        json,
        `{"code":"200","data":${json}}`,
        `{"code":${json},"success":${json},"msg":${json}}`,
      ])
        expectUnderstoodOrClassified(Buffer.from(text), httpStatus);
    }),
    { numRuns: 300 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) =>
      expectUnderstoodOrClassified(Buffer.from(bytes)),
    ),
  );
});

test('a truncated answer is malformed, never a shorter list', () => {
  const body = Buffer.from('{"code":"200","success":true,"data":["SHA256d","Ethash"]}');
  for (let length = 0; length < body.length; length++)
    expect(interpret(algorithmsEndpoint, undefined, body.subarray(0, length))).toMatchObject({
      failure: { error: { code: 'pool.malformed' } },
    });
});
