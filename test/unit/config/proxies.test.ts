import { checkProxies } from '../../../src/use-cases/check/proxies';
import { loadConfig } from '../../../src/config/load';
import { findProxy } from '../../../src/config/proxies';
import { secretsOf } from '../../../src/config/secrets-of';

const POOL = 'https://www.kucoin.com/_api/miningpool';
const proxyFor = (address: string, env: Record<string, string>): string | null =>
  findProxy(address, loadConfig(env))?.reveal() ?? null;

test('each kind of address has its proxy, in upper and lower case', () => {
  const env = { HTTPS_PROXY: 'http://secure:3128', HTTP_PROXY: 'plain:8080' };
  expect([proxyFor(POOL, env), proxyFor('http://hook.example.com', env)]).toEqual([
    'http://secure:3128/',
    'http://plain:8080/',
  ]);
  expect(proxyFor(POOL, { https_proxy: 'http://lower:1', HTTPS_PROXY: 'http://upper:2' })).toBe(
    'http://lower:1/',
  );
  expect(proxyFor(POOL, { HTTP_PROXY: 'http://plain:8080' })).toBeNull();
  expect(
    loadConfig({ https_proxy: 'http://lower:1', no_proxy: 'x', FTP_PROXY: 'http://f' }).warnings,
  ).toEqual([]);
});

test.each([
  ['www.kucoin.com', null],
  ['kucoin.com', null],
  ['.kucoin.com', null],
  ['*.kucoin.com', null],
  ['localhost, KuCoin.com:443', null],
  ['kucoin.com:8443', 'http://p:1/'],
  ['ucoin.com', 'http://p:1/'],
  ['*', null],
  ['', 'http://p:1/'],
])('NO_PROXY=%s selects its hosts', (except, expected) => {
  expect(proxyFor(POOL, { HTTPS_PROXY: 'http://p:1', NO_PROXY: except })).toBe(expected);
});

test.each(['https://localhost:8443', 'http://127.0.0.1:8080', 'http://[::1]:8080'])(
  'addresses of this machine are never proxied: %s',
  (address) => {
    expect(proxyFor(address, { HTTPS_PROXY: 'http://p:1', HTTP_PROXY: 'http://p:1' })).toBeNull();
  },
);

test('P10 a proxy that cannot be used is named, never shown', () => {
  const env = { HTTPS_PROXY: 'socks5://user:pass-word@host:1' };
  expect(() => loadConfig(env)).toThrow(
    /HTTPS_PROXY: found a value that does not fit \(not shown\), expected http:/,
  );
});

test('P10 kpool check names the proxy without its password', () => {
  const config = loadConfig({
    HTTPS_PROXY: 'http://user:pass%2Fword@proxy:3128',
    NO_PROXY: 'hook.example.com',
    ALERT_WEBHOOK_URL: 'https://hook.example.com/secret',
  });
  expect(checkProxies(config)).toEqual([
    {
      name: 'proxy',
      isWell: true,
      text: 'the pool is asked through http://proxy:3128, the webhook is asked directly',
      hint: null,
    },
  ]);
  expect(secretsOf(config).map((secret) => secret.reveal())).toEqual(
    expect.arrayContaining(['pass/word', 'pass%2Fword']),
  );
  expect(checkProxies(loadConfig({}))).toEqual([]);
});
