import { createHash } from 'node:crypto';
import { Secret } from '../../../src/core/secret';
import { parseBaseUrl } from '../../../src/kucoin/base-url';
import { signPassphrase } from '../../../src/core/credentials';
import { fingerprintOf, signQuery } from '../../../src/kucoin/signing';
import { codeOf } from './error-code';

const credentials = {
  apiKey: new Secret('key/+='),
  apiSecret: new Secret('secret'),
  apiPassphrase: new Secret('passphrase'),
};

test('the passphrase is signed as in the specification', () => {
  // printf passphrase | openssl dgst -sha256 -hmac secret -binary | base64
  expect(signPassphrase(credentials).reveal()).toBe('sWd5rQWAxDzYJTY6K2sov6seA0l3uNP70anWxITg8IA=');
});

test('special characters of a query are encoded', () => {
  const query = signQuery(
    credentials,
    new Secret('a+b/c=='),
    { algo: 'x y&z', coinName: undefined },
    1544657947758.6,
  );
  expect(query).toBe(
    'algo=x+y%26z&key=key%2F%2B%3D&timestamp=1544657947759&passphrase=a%2Bb%2Fc%3D%3D&version=2',
  );
});

test('P10 the fingerprint identifies a key, not its text', () => {
  expect(fingerprintOf(credentials.apiKey)).toBe(
    createHash('sha256').update('key/+=').digest('hex').slice(0, 16),
  );
});

test.each([
  ['https://www.kucoin.com/_api/miningpool', 'https://www.kucoin.com', '/_api/miningpool'],
  ['https://www.kucoin.com/_api/miningpool/', 'https://www.kucoin.com', '/_api/miningpool'],
  ['http://127.0.0.1:8080', 'http://127.0.0.1:8080', ''],
  ['http://127.0.0.1:8080//', 'http://127.0.0.1:8080', ''],
])('the proxy address %s is understood', (url, origin, prefix) => {
  expect(parseBaseUrl(url)).toEqual({ origin, prefix });
});

test.each(['', 'kucoin.com', 'ftp://x', 'https://u:hidden@x', 'https://x?hidden', 'https://x#hidden'])(
  'P10 the proxy address %j is refused without being shown',
  (url) => {
    expect(codeOf(() => parseBaseUrl(url))).toBe('config.invalid');
    expect(() => parseBaseUrl(url)).not.toThrow(/hidden/);
  },
);
