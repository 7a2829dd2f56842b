import { millisecondsInDay } from 'date-fns/constants';
import { isIP } from 'node:net';
import { homedir } from 'node:os';
import path from 'node:path';
import { findDay } from '../core/day';
import { isLoopbackHost } from '../core/loopback';
import { ADDRESS_FORM, AddressMistake, parsePostgresAddress } from '../core/postgres/address';
import { findDurationMs } from './duration';
import { findUrl } from './web-address';

/** How one kind of value is written. */
export interface ValueKind<T> {
  /** Completes "expected …" in a message. */
  readonly expects: string;
  /** The value that a text stands for; null if it is not of this kind. */
  readonly find: (text: string) => T | null;
  /** What exactly is wrong with a text, if that can be said without revealing a secret. */
  readonly explain?: (text: string) => { readonly found: string; readonly expected: string } | null;
}

function kind<T>(
  expects: string,
  find: ValueKind<T>['find'],
  explain?: ValueKind<T>['explain'],
): ValueKind<T> {
  return { expects, find, ...(explain === undefined ? {} : { explain }) };
}

export function oneOf<const T extends string>(...choices: readonly T[]): ValueKind<T> {
  return kind(
    `one of ${choices.join(', ')}`,
    (text) => choices.find((choice) => choice === text.toLowerCase()) ?? null,
  );
}

export function wholeNumber(minimum: number, maximum: number, note = ''): ValueKind<number> {
  return kind(`a whole number between ${minimum} and ${maximum}${note}`, (text) => {
    if (!/^\d{1,9}$/.test(text)) return null;
    const value = Number(text);
    return value >= minimum && value <= maximum ? value : null;
  });
}

/** A share between 0 and 1: a ratio of work, never of money. */
export const share = kind('a number between 0 and 1, such as 0.2', (text) => {
  const value = /^(?:0|1|0?\.\d{1,6}|1\.0+|0\.0+)$/.test(text) ? Number(text) : null;
  return value !== null && value <= 1 ? value : null;
});

const MIN_INTERVAL_MS = 1_000;
const MAX_INTERVAL_MS = 366 * millisecondsInDay;

export const interval = kind('a duration from 1 s to 366 days, such as "10 min", "1h" or "1 day"', (text) => {
  const durationMs = findDurationMs(text);
  return durationMs !== null && durationMs >= MIN_INTERVAL_MS && durationMs <= MAX_INTERVAL_MS
    ? durationMs
    : null;
});

/** Midnight in UTC of a calendar day, ms since the epoch. Bitcoin's first day is the earliest. */
export const utcDate = kind('a date such as 2018-01-01, not before 2009-01-03', (text) => {
  return text >= '2009-01-03' ? findDay(text) : null;
});

export const timeZone = kind('a time zone such as UTC or Europe/Berlin', (text) => {
  // The default skips Intl, whose data take longer to load than everything else here.
  if (text === 'UTC') return text;
  // Intl may take an offset such as +02:00, but PostgreSQL reads its sign the other way round.
  if (!/^[A-Za-z]/.test(text)) return null;
  try {
    new Intl.DateTimeFormat('en', { timeZone: text }).format(0);
  } catch {
    return null;
  }
  // The user's own spelling is kept: PostgreSQL may not know Intl's canonical name.
  return text;
});

export const coins = kind('currencies separated by commas, such as BTC,LTC,DOGE', (text) => {
  const names = text
    .split(',')
    .map((name) => name.trim().toUpperCase())
    .filter((name) => name !== '');
  return names.every((name) => /^[A-Z0-9]{1,20}$/.test(name)) ? [...new Set(names)] : null;
});

export const accountNameKind = kind('1 to 40 letters, digits, "_" or "-"', (text) =>
  /^[A-Za-z0-9_-]{1,40}$/.test(text) ? text : null,
);

/** An absolute path; `~/` is the home of the user, a relative path starts at the working directory. */
export const filePath = kind('a path', (text) => {
  if (text.includes('\0')) return null;
  return path.resolve(text === '~' || text.startsWith('~/') ? path.join(homedir(), text.slice(1)) : text);
});

export const emailAddress = kind('an e-mail address', (text) =>
  /^[^\s@]+@[^\s@]+$/.test(text) ? text : null,
);

export const hostName = kind(
  'a host name or an IP address to listen on, such as 127.0.0.1 or 0.0.0.0',
  (text) => {
    const bare = text.replace(/^\[(.*)\]$/, '$1');
    return isIP(bare) !== 0 || /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?$/.test(bare) ? bare : null;
  },
);

/** Without a trailing slash. Plain http only on this machine: elsewhere the key would be readable on the way. */
export const poolAddress = kind(
  'an https:// address without user, query or # (http only for this machine)',
  (text) => {
    const url = findUrl(text);
    if (url === null) return null;
    const hasMore = [url.username, url.password, url.search, url.hash].some((part) => part !== '');
    const safe = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url.hostname));
    return safe && !hasMore ? url.href.replace(/\/+$/, '') : null;
  },
);

export const postgresAddress = kind(
  ADDRESS_FORM,
  (text) => (findAddressMistake(text) === null ? text : null),
  findAddressMistake,
);

function findAddressMistake(text: string): AddressMistake | null {
  try {
    parsePostgresAddress(text);
    return null;
  } catch (error) {
    if (error instanceof AddressMistake) return error;
    throw error;
  }
}

/** The path is the number of a database; ioredis would take anything else for database 0. */
export const redisAddress = kind('redis://host:6379 or rediss://user:password@host:6379/0', (text) => {
  const url = findUrl(text);
  const isRedis = url?.protocol === 'redis:' || url?.protocol === 'rediss:';
  if (!isRedis || !/^(\/\d{0,5})?$/.test(url.pathname)) return null;
  return url.hostname !== '' && url.hash === '' && isPercentEncoded(url) ? text : null;
});

/** As with curl, http if there is no scheme. */
export const proxyAddress = kind('http://host:port or http://user:password@host:port', (text) => {
  const url = findUrl(/^\w+:\/\//.test(text) ? text : `http://${text}`);
  const isProxy = url?.protocol === 'http:' || url?.protocol === 'https:';
  return isProxy && url.hostname !== '' && isPercentEncoded(url) ? url.href : null;
});

/** Hosts to reach without a proxy, as with curl: names with their subdomains, addresses, or * for all. */
export const hostList = kind('hosts separated by commas, such as localhost,.example.com', (text) =>
  text
    .split(/[\s,]+/)
    .map((host) => host.toLowerCase())
    .filter((host) => host !== ''),
);

export const webhookAddress = kind('an https:// or http:// address', (text) => {
  const url = findUrl(text);
  return url?.protocol === 'https:' || url?.protocol === 'http:' ? text : null;
});

/** Too long to guess; can be sent in a header as it is. */
export const accessToken = kind('16 to 512 visible ASCII characters without spaces', (text) =>
  /^[\x21-\x7e]{16,512}$/.test(text) ? text : null,
);

/** KuCoin's keys and secrets are letters, digits and hyphens: a space means that more than the key was pasted. */
export const credential = kind('the text that KuCoin showed, without spaces or line breaks', (text) =>
  /^[^\s\p{Cc}]{1,256}$/u.test(text) ? text : null,
);

export const passphrase = kind('the passphrase that you chose for the API key, on one line', (text) =>
  /^[^\p{Cc}]{1,256}$/u.test(text) ? text : null,
);

export const password = kind('a password on one line', (text) =>
  /^[^\p{Cc}]{1,1024}$/u.test(text) ? text : null,
);

/** A `%` that does not start an escape would throw later, where the address is parsed. */
function isPercentEncoded(url: URL): boolean {
  try {
    decodeURIComponent(url.username);
    decodeURIComponent(url.password);
    return true;
  } catch {
    return false;
  }
}
