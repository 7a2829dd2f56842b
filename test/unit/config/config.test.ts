import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { isKpoolError } from '../../../src/core/errors';
import { loadConfig as load } from '../../../src/config/load';
import { STREAMS } from '../../../src/sync/registry';
import { requireAccounts } from '../../../src/config/require-accounts';
import { parsePostgresAddress } from '../../../src/core/postgres/address';
import { secretsOf } from '../../../src/config/secrets-of';

const loadConfig = (env: Parameters<typeof load>[0], options: Parameters<typeof load>[1] = {}) =>
  load(env, { streams: STREAMS.all, ...options });

const KEYS = {
  KUCOIN_POOL_API_KEY: 'key-5f1',
  KUCOIN_POOL_API_SECRET: 'secret-77',
  KUCOIN_POOL_API_PASSPHRASE: 'pass phrase 1',
};

let folder: string;
beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'kpool-config-'))));
afterEach(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string | Buffer, mode = 0o600): string {
  const filePath = path.join(folder, name);
  writeFileSync(filePath, text);
  chmodSync(filePath, mode);
  return filePath;
}

/** The message of the error that a wrong configuration causes. */
function complaint(env: Record<string, string | undefined>, envFile?: string): string {
  try {
    loadConfig(env, envFile === undefined ? {} : { envFile });
  } catch (error) {
    if (isKpoolError(error, 'config.invalid')) return error.message;
    throw error;
  }
  throw new Error('the configuration was accepted');
}

function accountsFile(...entries: unknown[]): string {
  return file('accounts.json', JSON.stringify(entries));
}

const entry = (name: string, apiKey = `key-${name}`) => ({
  name,
  apiKey,
  apiSecret: 'hidden-s',
  apiPassphrase: 'hidden-p',
});

describe('without variables', () => {
  test('every value has its documented default', () => {
    const config = loadConfig({});
    expect(config.database).toEqual({
      url: null,
      embeddedPort: 54_329,
      maxConnections: 16,
      shares: { rows: 6, queue: 2 },
    });
    expect(config.pool).toEqual({
      baseUrl: 'https://www.kucoin.com/_api/miningpool',
      requestsPerSecond: 2,
      rateScope: 'auto',
      workerDetailsShare: 0.2,
    });
    expect(config.sync.everyMs['sub-accounts']).toBe(600_000);
    expect(config.sync.historyStartMs).toBe(Date.UTC(2018, 0, 1));
    expect(config.keepDays).toEqual({ workerSamples: 14, workerHourly: 180, workerDaily: null, runs: 400 });
    expect(config.http).toEqual({ host: '127.0.0.1', port: 8080, token: null });
    expect(config.accounts).toEqual([]);
    expect(config.warnings).toEqual([]);
  });

  test('a command that needs an account names the three lines', () => {
    expect(() => requireAccounts(loadConfig({}))).toThrow(
      /KUCOIN_POOL_API_KEY=\n.*KUCOIN_POOL_API_SECRET=\n.*KUCOIN_POOL_API_PASSPHRASE=/,
    );
  });

  test('the configuration cannot be changed afterwards', () => {
    const { sync } = loadConfig({});
    expect(() => Object.assign(sync.everyMs, { workers: 1 })).toThrow(TypeError);
  });

  test('an empty variable counts as unset, as in compose files', () => {
    expect(loadConfig({ HTTP_PORT: '', KUCOIN_POOL_API_KEY: ' ' }).http.port).toBe(8080);
  });
});

describe('a wrong value', () => {
  const cases: [string, string, RegExp][] = [
    ['HTTP_PORT', '80a', /HTTP_PORT: found "80a", expected a whole number between 0 and 65535/],
    ['HTTP_PORT', '65536', /between 0 and 65535/],
    ['KPOOL_PG_PORT', '0', /between 1 and 65535/],
    ['KUCOIN_POOL_REQUESTS_PER_SECOND', '0', /between 1 and 50/],
    ['KUCOIN_POOL_REQUESTS_PER_SECOND', '2.5', /found "2.5", expected a whole number/],
    ['KUCOIN_POOL_RATE_SCOPE', 'ip', /one of auto, endpoint, key/],
    ['KUCOIN_POOL_BASE_URL', 'http://pool.example.com', /https:\/\//],
    ['KUCOIN_POOL_BASE_URL', 'https://pool.example.com/?key=1', /without user, query/],
    ['KUCOIN_POOL_BASE_URL', 'www.kucoin.com', /https:\/\//],
    ['EARNINGS_EVERY', '10', /such as "10 min"/],
    ['WORKERS_EVERY', '0s', /from 1 s to 366 days/],
    ['FULL_EVERY', '400 days', /from 1 s to 366 days/],
    ['HISTORY_START', '2018-02-30', /a date such as/],
    ['HISTORY_START', '1999-01-01', /not before 2009-01-03/],
    ['REPORT_TIME_ZONE', 'Europe/Atlantis', /a time zone/],
    ['REPORT_TIME_ZONE', '+02:00', /a time zone/],
    ['COINS', 'BTC;LTC', /separated by commas/],
    ['WORKER_DETAILS_SHARE', '1.5', /between 0 and 1/],
    ['WORKER_DETAILS_SHARE', '20%', /between 0 and 1/],
    ['KUCOIN_POOL_ACCOUNT_NAME', 'my farm', /letters, digits/],
    ['WORKER_DAILY_KEEP_DAYS', '-1', /0 to keep them without limit/],
    ['HTTP_HOST', 'http://0.0.0.0', /a host name or an IP address/],
    ['LOG_LEVEL', 'verbose', /trace, debug, info/],
    ['LOG_FORMAT', 'xml', /auto, json, pretty/],
    ['DATABASE_URL', 'mysql://a/b', /postgresql:/],
    ['DATABASE_URL', 'postgresql://host:5432', /\/database/],
    ['DATABASE_URL', 'postgresql://u:50%off@host/db', /percent-encoded/],
    ['REDIS_URL', 'localhost:6379', /redis:\/\/host:6379/],
    ['ALERT_WEBHOOK_URL', 'slack', /https:\/\//],
    ['HTTP_TOKEN', 'short', /16 to 512/],
    ['KUCOIN_POOL_API_KEY', 'two words', /without spaces/],
  ];
  test.each(cases)('%s=%s is named with what was expected', (name, value, expected) => {
    const message = complaint({ [name]: value });
    expect(message).toMatch(expected);
    expect(message.split(`${name}:`)).toHaveLength(2);
  });

  test('is reported together with every other', () => {
    const message = complaint({
      HTTP_PORT: 'x',
      COINS: '$',
      KUCOIN_POOL_API_KEY: 'k',
      KUCOIN_POOL_REQUEST_PER_SECOND: '2',
    });
    expect(message).toMatch(/^The configuration has 5 mistakes:\n/);
    for (const name of ['HTTP_PORT', 'COINS', 'KUCOIN_POOL_API_SECRET', 'KUCOIN_POOL_API_PASSPHRASE']) {
      expect(message).toContain(`${name}: found`);
    }
    expect(message).toContain('KUCOIN_POOL_REQUESTS_PER_SECOND');
  });

  test('shows no password of an address', () => {
    const message = complaint({ KUCOIN_POOL_BASE_URL: 'https://me:hunter22@pool.example.com' });
    expect(message).not.toContain('hunter22');
  });

  test('P10 never shows the value of a secret, whatever it is', () => {
    const secretNames = [
      'DATABASE_URL',
      'REDIS_URL',
      'HTTP_TOKEN',
      'ALERT_WEBHOOK_URL',
      'KUCOIN_POOL_API_KEY',
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...secretNames),
        fc.string({ minLength: 6, maxLength: 40, unit: 'binary-ascii' }),
        (name, text) => {
          const secret = `Z9${text}`;
          let shown = '';
          try {
            shown = inspect(loadConfig({ [name]: secret }), { depth: 9 });
          } catch (error) {
            shown = inspect(error);
          }
          expect(shown).not.toContain(secret.trim());
        },
      ),
    );
  });
});

describe('an unknown name', () => {
  test('is a mistake with a suggestion if it has one of our prefixes', () => {
    expect(complaint({ KUCOIN_POOL_APIKEY: 'x1' })).toMatch(
      /KUCOIN_POOL_APIKEY: found a name that is not known, expected KUCOIN_POOL_API_KEY/,
    );
    expect(complaint({ KPOOL_HOMES: '/tmp' })).toMatch(/expected KPOOL_HOME\b/);
    expect(complaint({ KUCOIN_POOL_SECRET_SAUCE: 'x1' })).toMatch(/one of the names in \.env\.example/);
  });

  test('is a warning if it only resembles one of ours', () => {
    expect(loadConfig({ EARNING_EVERY: '2h' }).warnings).toEqual([
      'EARNING_EVERY is not read by kpool: did you mean EARNINGS_EVERY?',
    ]);
    expect(loadConfig({ KUCOIN_API_KEY: 'x' }).warnings[0]).toContain('did you mean KUCOIN_POOL_API_KEY?');
  });

  test('is ignored if nothing is missing or resembles it', () => {
    const env = {
      EARNING_EVERY: '2h',
      EARNINGS_EVERY: '2h',
      PORT: '1',
      HTTP_PROXY: 'x',
      KPOOL_TEST_PG_BIN: '/x',
      HOME: '/root',
    };
    expect(loadConfig(env).warnings).toEqual([]);
  });
});

test('HISTORY_START may be today, but not tomorrow', () => {
  const nowMs = Date.parse('2026-11-22T15:00Z');
  expect(() => loadConfig({ HISTORY_START: '2026-11-23' }, { nowMs })).toThrow(
    'HISTORY_START: found 2026-11-23, a day to come, expected a day up to 2026-11-22',
  );
  expect(loadConfig({ HISTORY_START: '2026-11-22' }, { nowMs }).warnings).toEqual([]);
});

describe('a .env file', () => {
  test('adds variables that the environment lacks', () => {
    const envFile = file(
      '.env',
      '\uFEFFHTTP_PORT=1000\nexport COINS="btc, Ltc,BTC" # mine\nLOG_LEVEL=debug\r\n',
    );
    const config = loadConfig({ HTTP_PORT: '2000', LOG_LEVEL: '' }, { envFile });
    expect([config.http.port, config.sync.coins, config.log.level]).toEqual([2000, ['BTC', 'LTC'], 'debug']);
  });

  test('may be missing', () => {
    expect(loadConfig({}, { envFile: path.join(folder, 'absent') }).http.port).toBe(8080);
  });

  test('is named beside the variable that is wrong in it', () => {
    const envFile = file('.env', 'HTTP_PORT=x\nKUCOIN_POOL_KEY=1');
    expect(complaint({}, envFile)).toContain(`HTTP_PORT in ${envFile}: found "x"`);
  });

  test.each(['pa#ss', 'a b#c', '#pass', 'passs#'])(
    'does not silently cut the passphrase %s at the #',
    (passphrase) => {
      const message = complaint({}, file('.env', `KUCOIN_POOL_API_PASSPHRASE=${passphrase}\n`));
      expect(message).toContain('a # inside a value without quotes');
      expect(message).not.toContain(passphrase);
    },
  );

  test('may hold a # in quotes, and comments', () => {
    const text = `A_NAME=x # a # comment\nHTTP_PORT= # none\n${Object.keys(KEYS)
      .map((name) => `${name}='a#b'`)
      .join('\n')}`;
    expect(loadConfig({}, { envFile: file('.env', text) }).accounts[0]!.apiPassphrase.reveal()).toBe('a#b');
  });

  test('P10 names lines that set nothing only by their numbers', () => {
    const text =
      "# a comment\nCOINS='BTC,\nLTC'\n\nKUCOIN_POOL_API_SECRET hunter2\r\nHTTP PORT=hunter2\nexport LOG_LEVEL\n";
    const envFile = file('.env', text);
    const message = complaint({}, envFile);
    expect(message).toContain(`${envFile}, lines 5, 6, 7: found text that sets no variable`);
    expect(message).not.toContain('hunter2');
  });

  test('is a mistake in UTF-16', () => {
    expect(complaint({}, file('.env', Buffer.from('HTTP_PORT=1', 'utf16le')))).toContain('UTF-8');
  });

  test('is a mistake if it cannot be read', () => {
    expect(complaint({}, folder)).toContain('EISDIR');
  });
});

describe('a secret in a file', () => {
  test('is read without the newline at its end', () => {
    const env = {
      KUCOIN_POOL_API_KEY: 'k',
      KUCOIN_POOL_API_SECRET: 's',
      KUCOIN_POOL_API_PASSPHRASE_FILE: file('p', ' pass \n'),
      DATABASE_URL_FILE: file('d', 'postgresql://u:p@h/db\r\n'),
    };
    const config = loadConfig(env);
    expect(config.accounts[0]!.apiPassphrase.reveal()).toBe(' pass ');
    expect(config.database.url!.reveal()).toBe('postgresql://u:p@h/db');
  });

  test('is a mistake if the variable is set, too', () => {
    expect(complaint({ REDIS_URL: 'redis://h', REDIS_URL_FILE: file('r', 'redis://h') })).toContain(
      'only one of the two',
    );
  });

  test('is named, not shown, if it is missing, empty or wrong', () => {
    const wrong = file('w', 'not a url at all');
    const message = complaint({
      REDIS_URL_FILE: wrong,
      HTTP_TOKEN_FILE: file('e', '\n'),
      DATABASE_URL_FILE: '/nowhere/x',
    });
    expect(message).toMatch(/REDIS_URL_FILE: found a value that does not fit/);
    expect(message).toMatch(/HTTP_TOKEN_FILE: found an empty file/);
    expect(message).toMatch(/DATABASE_URL_FILE: found "\/nowhere\/x", which cannot be read \(ENOENT\)/);
    expect(message).not.toContain('not a url');
  });
});

describe('accounts', () => {
  test('may be one, from the variables', () => {
    const [account] = requireAccounts(loadConfig({ ...KEYS, KUCOIN_POOL_ACCOUNT_NAME: 'farm-1' }));
    expect(account!.name).toBe('farm-1');
    expect(account!.apiPassphrase.reveal()).toBe('pass phrase 1');
  });

  test('may be several, from a file', () => {
    const config = loadConfig({ KUCOIN_POOL_ACCOUNTS_FILE: accountsFile(entry('a'), entry('b')) });
    expect(config.accounts.map((account) => [account.name, account.apiKey.reveal()])).toEqual([
      ['a', 'key-a'],
      ['b', 'key-b'],
    ]);
    expect(config.warnings).toEqual([]);
  });

  test('cannot come from both', () => {
    const KUCOIN_POOL_ACCOUNTS_FILE = accountsFile(entry('a'));
    expect(complaint({ KUCOIN_POOL_ACCOUNTS_FILE, ...KEYS })).toMatch(
      /KUCOIN_POOL_API_KEY.* is set too, expected only one/,
    );
    expect(complaint({ KUCOIN_POOL_ACCOUNTS_FILE, KUCOIN_POOL_ACCOUNT_NAME: 'x' })).toContain(
      'only one of the two ways',
    );
  });

  test('have mistakes in the file named by index and field', () => {
    const message = complaint({
      KUCOIN_POOL_ACCOUNTS_FILE: accountsFile(
        entry('a'),
        { ...entry('b c'), apiKey: 'hidden key' },
        { name: 'c', apiKey: 7, apiSecret: 'hidden-s' },
        { ...entry('d'), hiddenField: 1 },
        'hidden',
      ),
    });
    expect(message).toMatch(/\[1\]\.name: found .*expected 1 to 40 letters/);
    expect(message).toMatch(/\[1\]\.apiKey: found a value that does not fit/);
    expect(message).toMatch(/\[2\]\.apiKey: found something that is not a text/);
    expect(message).toMatch(/\[2\]\.apiPassphrase: found nothing/);
    expect(message).toMatch(/\[3\]: found a field that is not known/);
    expect(message).toMatch(/\[4\]: found no object/);
    expect(message).not.toMatch(/hidden/i);
  });

  test('may not share a name or a key', () => {
    const message = complaint({
      KUCOIN_POOL_ACCOUNTS_FILE: accountsFile(entry('a', 'hidden'), entry('A'), entry('b', 'hidden')),
    });
    expect(message).toMatch(/\[1\]\.name: found the name of entry 0 again/);
    expect(message).toMatch(/\[2\]\.apiKey: found the key of entry 0 again/);
    expect(message).not.toContain('hidden');
  });

  test.each([
    ['{"hidden": 1', /not JSON/],
    ['[{"name": "a",\n\n hidden}]', /not JSON \(line 3\)/],
    ['{}', /no list/],
    ['[]', /an empty list/],
  ])('may not come from a file with %j', (text, expected) => {
    const message = complaint({ KUCOIN_POOL_ACCOUNTS_FILE: file('a.json', text) });
    expect(message).toMatch(expected);
    expect(message).not.toContain('hidden');
  });

  test('are warned about if others may read their file', () => {
    const open = file('open.json', JSON.stringify([entry('a')]), 0o644);
    expect(loadConfig({ KUCOIN_POOL_ACCOUNTS_FILE: open }).warnings).toEqual([
      expect.stringContaining('chmod 600'),
    ]);
    expect(complaint({ KUCOIN_POOL_ACCOUNTS_FILE: path.join(folder, 'none') })).toContain('ENOENT');
  });
});

describe('the pages', () => {
  test('need a token if other machines can open them', () => {
    expect(complaint({ HTTP_HOST: '0.0.0.0' })).toMatch(/HTTP_TOKEN: found nothing, expected a token/);
    expect(complaint({ HTTP_HOST: 'farm.local' })).toContain('HTTP_TOKEN');
    expect(loadConfig({ HTTP_HOST: '0.0.0.0', HTTP_TOKEN: '0123456789abcdef' }).http.host).toBe('0.0.0.0');
    expect(loadConfig({ HTTP_HOST: '0.0.0.0', HTTP_PORT: '0' }).http.port).toBeNull();
    expect(loadConfig({ HTTP_HOST: '::1' }).http.host).toBe('::1');
  });
});

describe('P10 secrets', () => {
  test('do not print with the configuration', () => {
    const env = {
      ...KEYS,
      DATABASE_URL: 'postgresql://u:pass99@h/db',
      REDIS_URL: 'redis://:pass99@h',
      HTTP_TOKEN: 'pass99-0123456789',
    };
    const config = loadConfig(env);
    for (const shown of [inspect(config, { depth: 9, showHidden: true }), JSON.stringify(config)]) {
      expect(shown).not.toMatch(/pass99|key-5f1|secret-77|pass phrase/);
    }
  });

  test('are all known to the logger, also those inside others', () => {
    const env = {
      ...KEYS,
      DATABASE_URL: 'postgresql://u:p%40ss99@h/db',
      ALERT_WEBHOOK_URL: 'https://hooks.example.com/T0/x',
    };
    const texts = secretsOf(loadConfig(env)).map((secret) => secret.reveal());
    expect(texts).toEqual(
      expect.arrayContaining([
        ...Object.values(KEYS),
        env.DATABASE_URL,
        'p@ss99',
        'p%40ss99',
        env.ALERT_WEBHOOK_URL,
      ]),
    );
    // echo -n 'pass phrase 1' | openssl dgst -sha256 -hmac secret-77 -binary | base64
    expect(texts).toContain('AyC67DenWqXZrY0sNUxYjxg8VWZts4zVCDyaQiLZNEg=');
  });

  test('of the database may hold any character', () => {
    const DATABASE_PASSWORD = "a@b/c#d?e%f&g=h+i j'k";
    const config = loadConfig({ DATABASE_URL: 'postgres://kpool@postgres:5432/kpool', DATABASE_PASSWORD });
    const { host, user, database, password } = parsePostgresAddress(config.database.url!.reveal());
    expect([host, user, database, password?.reveal()]).toEqual([
      'postgres',
      'kpool',
      'kpool',
      DATABASE_PASSWORD,
    ]);
    expect(secretsOf(config).map((secret) => secret.reveal())).toContain(DATABASE_PASSWORD);
  });

  test('of the database stand in one place', () => {
    const DATABASE_PASSWORD = 'word-of-its-own';
    expect(() => loadConfig({ DATABASE_URL: 'postgres://u:other@h/db', DATABASE_PASSWORD })).toThrow(
      /DATABASE_PASSWORD: found a password although DATABASE_URL holds one/,
    );
    expect(loadConfig({ DATABASE_PASSWORD }).warnings).toEqual([
      'DATABASE_PASSWORD is not used without DATABASE_URL.',
    ]);
  });

  test('that repeat a name are hidden only in their address', () => {
    const DATABASE_URL = 'postgresql://postgres:postgres@h/db';
    expect(secretsOf(loadConfig({ DATABASE_URL })).map((secret) => secret.reveal())).toEqual([DATABASE_URL]);
  });
});
