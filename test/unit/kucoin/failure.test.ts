import { Secret } from '../../../src/core/secret';
import { findEnvelope, isSuccess } from '../../../src/kucoin/envelope';
import { classifyFailure, quoteAnswer } from '../../../src/kucoin/failure';
import { parseJson } from '../../../src/kucoin/json';
import { createRedactor } from '../../../src/kucoin/redaction';

const redactor = createRedactor(
  {
    apiKey: new Secret('64b7c0ffee0123456789abcd'),
    apiSecret: new Secret('s3cr3t/with+signs='),
    apiPassphrase: new Secret('open sesame'),
  },
  new Secret('c2lnbmVkIHBhc3NwaHJhc2U/+A=='),
);

function classify(httpStatus: number, body: string | null): { code: string; retry: string; kind: string } {
  const envelope = body === null ? null : findEnvelope(parseJson(body));
  const answer = { httpStatus, envelope, retryAfterMs: null, bodyText: body ?? '' };
  const { error, kind } = classifyFailure(answer, redactor);
  expect(error.hint).toBeTruthy();
  return { code: error.code, retry: error.retry, kind };
}

test.each([
  ['{"code":"200"}', true],
  ['{"code":200}', true],
  ['{"code":"200000"}', true],
  ['{"code":200000,"success":true,"retry":true}', true],
  ['{"code":"200","success":"true"}', true],
  ['{"code":"200","success":false}', false],
  ['{"code":"200","success":"false"}', false],
  ['{"code":"200002","success":true}', false],
  ['{"success":true}', false],
  ['{"code":"2000"}', false],
])('%s is a success: %s', (body, success) => {
  expect(isSuccess(findEnvelope(parseJson(body))!)).toBe(success);
});

test.each([
  [200, '200002', 'pool.throttled', 'after', 'throttled'],
  [200, '400001', 'pool.missing-credentials', 'never-account', 'plain'],
  [200, '400002', 'pool.clock', 'backoff', 'clock'],
  [200, '400003', 'pool.unauthorized', 'never-account', 'plain'],
  [200, '400004', 'pool.unauthorized', 'never-account', 'plain'],
  [200, '400100', 'pool.parameter', 'never-scope', 'plain'],
  [200, '500000', 'pool.server-error', 'backoff', 'plain'],
  // A known system code wins over the status.
  [403, '200002', 'pool.throttled', 'after', 'throttled'],
  [403, '400004', 'pool.unauthorized', 'never-account', 'plain'],
  [401, '400002', 'pool.clock', 'backoff', 'clock'],
  [500, '400100', 'pool.parameter', 'never-scope', 'plain'],
  // A status with three zeros, as KuCoin's gateways write it.
  [200, '429000', 'pool.throttled', 'after', 'throttled'],
  [400, '429000', 'pool.throttled', 'after', 'throttled'],
  [200, '403000', 'pool.throttled', 'after', 'ambiguous-403'],
  [200, '503000', 'pool.maintenance', 'backoff', 'plain'],
  [200, ' 200002 ', 'pool.throttled', 'after', 'throttled'],
  // HTTP 429 has one meaning, whatever its body says.
  [429, '400003', 'pool.throttled', 'after', 'throttled'],
  [429, '500000', 'pool.throttled', 'after', 'throttled'],
  [429, '200', 'pool.throttled', 'after', 'throttled'],
  // An unknown one does not.
  [403, '999', 'pool.throttled', 'after', 'ambiguous-403'],
  [401, '999', 'pool.unauthorized', 'never-account', 'plain'],
  [200, '999', 'pool.unknown-code', 'never-scope', 'plain'],
  // A status in the place of a system code.
  [200, '403', 'pool.throttled', 'after', 'ambiguous-403'],
  [200, '503', 'pool.maintenance', 'backoff', 'plain'],
  [200, '200', 'pool.unknown-code', 'never-scope', 'plain'],
])('HTTP %i with code %s is %s', (status, systemCode, code, retry, kind) => {
  expect(classify(status, `{"success":false,"code":"${systemCode}"}`)).toEqual({ code, retry, kind });
  expect(classify(status, `{"success":false,"code":${systemCode}}`)).toEqual({ code, retry, kind });
});

test.each([
  [200, 'Too many requests, please retry later', 'throttled'],
  [400, 'Rate limit exceeded', 'throttled'],
  [200, 'Requests have been sent too frequently', 'throttled'],
  [200, 'too many parameters', 'plain'],
])('HTTP %i with an unknown code that says “%s” is %s', (status, msg, kind) => {
  expect(classify(status, `{"success":false,"code":"1015","msg":"${msg}"}`).kind).toBe(kind);
});

test.each([
  [400, 'pool.parameter', 'never-scope', 'plain'],
  [401, 'pool.unauthorized', 'never-account', 'plain'],
  [403, 'pool.throttled', 'after', 'ambiguous-403'],
  [404, 'pool.not-found', 'never-scope', 'plain'],
  [405, 'pool.not-found', 'never-scope', 'plain'],
  [415, 'pool.parameter', 'never-scope', 'plain'],
  [418, 'pool.unknown-code', 'never-scope', 'plain'],
  [429, 'pool.throttled', 'after', 'throttled'],
  [500, 'pool.server-error', 'backoff', 'plain'],
  [502, 'pool.server-error', 'backoff', 'plain'],
  [503, 'pool.maintenance', 'backoff', 'plain'],
  [504, 'pool.server-error', 'backoff', 'plain'],
  [521, 'pool.server-error', 'backoff', 'plain'],
])('HTTP %i without an envelope is %s', (status, code, retry, kind) => {
  expect(classify(status, null)).toEqual({ code, retry, kind });
});

test.each([
  ['{"code":"403","msg":"Too Many Requests"}', null, 'throttled'],
  ['<html><title>403 Forbidden</title>Requests come too often</html>', null, 'throttled'],
  ['your request frequency is limited', null, 'throttled'],
  ['<html>Forbidden</html>', 60_000, 'throttled'],
  ['<html>Forbidden</html>', null, 'ambiguous-403'],
  // The specification's own words tell nothing.
  [
    '{"code":"403","msg":"Forbidden or Too Many Requests -- Requests are forbidden or have exceeded the request frequency limit."}',
    null,
    'ambiguous-403',
  ],
])('a 403 that says %s, Retry-After %p, is %s', (bodyText, retryAfterMs, kind) => {
  const envelope = bodyText.startsWith('{') ? findEnvelope(parseJson(bodyText)) : null;
  expect(classifyFailure({ httpStatus: 403, envelope, retryAfterMs, bodyText }, redactor).kind).toBe(kind);
});

test('an unknown failure is retried only if the pool says so', () => {
  expect(classify(200, '{"success":false,"code":"777","retry":true}').retry).toBe('backoff');
  expect(classify(200, '{"success":false,"code":"777","retry":"true"}').retry).toBe('backoff');
  expect(classify(200, '{"success":false,"code":"777","retry":false}').retry).toBe('never-scope');
});

test('the message quotes the pool', () => {
  const envelope = findEnvelope(parseJson('{"code":400004,"msg":"Invalid\\n passphrase"}'));
  const { error } = classifyFailure({ httpStatus: 401, envelope, retryAfterMs: 7, bodyText: '' }, redactor);
  expect(error.message).toBe(
    'The pool refuses the passphrase; a wrong API secret looks exactly the same ' +
      '(HTTP 401, code 400004: “Invalid passphrase”).',
  );
  expect(error.retryAfterMs).toBe(7);
});

test('P10 the pool’s words are shown without credentials', () => {
  const secrets = [
    '64b7c0ffee0123456789abcd',
    's3cr3t/with+signs=',
    'open sesame',
    'c2lnbmVkIHBhc3NwaHJhc2U/+A==',
  ];
  for (const secret of secrets) {
    const forms = [
      secret,
      encodeURIComponent(secret),
      new URLSearchParams({ secret }).toString(),
      Buffer.from(secret).toString('base64'),
    ];
    for (const form of forms)
      expect(quoteAnswer(`key ${form} is bad`, redactor)).toMatch(/^key (secret=)?\[redacted] is bad$/);
    const cut = quoteAnswer(`${' '.repeat(65_536 - 5)}${secret}`, redactor);
    expect(cut).not.toContain(secret.slice(0, 5));
  }
});
