import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { ConnectionOptions } from 'node:tls';
import { KpoolError } from '../errors';
import { Secret } from '../secret';

/** The TLS options of a connection. */
export type TlsOptions = Pick<
  ConnectionOptions,
  'ca' | 'cert' | 'key' | 'rejectUnauthorized' | 'checkServerIdentity'
>;

/** The address of a database, parsed once for all drivers, so that none of them parses the text itself. */
export interface PostgresAddress {
  /** A name, an IP address, or the directory of a socket, which begins with a slash. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  /** Null: none is sent. PGPASSWORD and .pgpass are ignored. */
  readonly password: Secret | null;
  /** The command-line options of the session, such as `-c role=accounting`. */
  readonly options: string | null;
  /** Null: unencrypted. */
  readonly tls: TlsOptions | null;
  /** `host:port`, for people. */
  readonly place: string;
}

/** Why an address cannot be used, to complete "found …, expected …". Neither part contains the password. */
export class AddressMistake extends Error {
  override readonly name = 'AddressMistake';

  constructor(
    readonly found: string,
    readonly expected: string,
  ) {
    super(`found ${found}, expected ${expected}`);
  }
}

export const ADDRESS_FORM =
  'postgresql://user:password@host:5432/database, special characters of the password percent-encoded';
const DEFAULT_POSTGRES_PORT = 5_432;

/** Parameters that are supported. */
const READ = ['host', 'port', 'user', 'password', 'dbname', 'options'] as const;
const READ_FOR_TLS = ['sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'ssl', 'uselibpqcompat'] as const;
/** Parameters of libpq that change where or how to connect: refused rather than ignored. */
const REFUSED = ['hostaddr', 'service', 'sslpassword', 'sslcrl', 'sslcrldir', 'replication', 'requiressl'];

/** Parses an address. Reads the certificate files that it names. Throws `AddressMistake`. */
export function parsePostgresAddress(text: string): PostgresAddress {
  const url = readUrl(text);
  const parameter = (name: (typeof READ)[number]): string | null => valueOf(url.searchParams, name);
  const refused = REFUSED.find((name) => url.searchParams.has(name));
  if (refused !== undefined) {
    throw new AddressMistake(`the parameter ${refused}`, `only ${[...READ, ...READ_FOR_TLS].join(', ')}`);
  }
  const host = parameter('host') ?? decode(url.hostname.replace(/^\[(.+)\]$/, '$1')) ?? 'localhost';
  if (host.includes(',')) throw new AddressMistake('several hosts', 'the one that can be written to');
  const port = readPort(parameter('port') ?? url.port);
  const user = parameter('user') ?? decode(url.username) ?? userInfo().username;
  const password = parameter('password') ?? decode(url.password);
  const database = parameter('dbname') ?? decode(url.pathname.slice(1));
  if (database === null) throw new AddressMistake('no database name', ADDRESS_FORM);
  return {
    host,
    port,
    database,
    user,
    password: password === null ? null : new Secret(password),
    options: parameter('options'),
    tls: host.startsWith('/') ? null : readTls(url.searchParams),
    place: `${host.includes(':') ? `[${host}]` : host}:${port}`,
  };
}

/**
 * The same for an address from the configuration, which was already checked. Throws `config.invalid` if a file was
 * removed since.
 */
export function postgresAddressOf(url: Secret): PostgresAddress {
  try {
    return parsePostgresAddress(url.reveal());
  } catch (error) {
    if (!(error instanceof AddressMistake)) throw error;
    throw new KpoolError('config.invalid', `DATABASE_URL: ${error.message}.`);
  }
}

/** `text` as a valid URL: libpq allows a user without a host. */
function withHost(text: string): string {
  return text.replace(/^(postgres(?:ql)?:\/\/[^/?#]*@)(?=[/?]|$)/, '$1localhost');
}

/** Whether the address holds a password. */
export function hasPassword(text: string): boolean {
  return parsePostgresAddress(text).password !== null;
}

/** The address with a password, which may hold any character. */
export function addPassword(address: Secret, password: Secret): Secret {
  const url = new URL(withHost(address.reveal()));
  url.searchParams.set('password', password.reveal());
  return new Secret(url.href);
}

function readUrl(text: string): URL {
  const whole = withHost(text);
  const url = URL.canParse(whole) ? new URL(whole) : null;
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol) || url.hash !== '') {
    throw new AddressMistake('a value that does not fit (not shown)', ADDRESS_FORM);
  }
  return url;
}

/** An empty value counts as absent, as with libpq. */
function valueOf(parameters: URLSearchParams, name: string): string | null {
  const value = parameters.get(name);
  return value === '' ? null : value;
}

function decode(part: string): string | null {
  try {
    return part === '' ? null : decodeURIComponent(part);
  } catch {
    throw new AddressMistake('a % that does not start an escape', ADDRESS_FORM);
  }
}

function readPort(text: string): number {
  if (text === '') return DEFAULT_POSTGRES_PORT;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw new AddressMistake('an invalid port', 'one from 1 to 65535');
  return port;
}

/**
 * libpq's modes, more strictly: `require` checks the certificate (unless `uselibpqcompat=true`, as with pg), and
 * `prefer` never falls back to plain text. `no-verify` is pg's name for encryption without a check.
 */
const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'] as const;
/** libpq's name for the authorities that the system trusts. */
const SYSTEM = 'system';

function readTls(parameters: URLSearchParams): TlsOptions | null {
  const read = (name: (typeof READ_FOR_TLS)[number]): string | null => valueOf(parameters, name);
  const [root, cert, key] = [read('sslrootcert'), read('sslcert'), read('sslkey')];
  const isAskedFor = [root, cert, key].some((file) => file !== null) || /^(1|true)$/.test(read('ssl') ?? '');
  const word = read('sslmode') ?? (isAskedFor ? 'verify-full' : 'disable');
  const mode = SSL_MODES.find((known) => known === word);
  if (mode === undefined)
    throw new AddressMistake(`sslmode=${clipAddress(word)}`, `one of ${SSL_MODES.join(', ')}`);
  if (mode === 'disable' || mode === 'allow') return null;
  const isUnchecked =
    mode === 'no-verify' ||
    mode === 'prefer' ||
    (mode === 'require' && root === null && read('uselibpqcompat') === 'true');
  return {
    ...(root === null || root === SYSTEM ? {} : { ca: readCertificate('sslrootcert', root) }),
    ...(cert === null ? {} : { cert: readCertificate('sslcert', cert) }),
    ...(key === null ? {} : { key: readCertificate('sslkey', key) }),
    ...(isUnchecked ? { rejectUnauthorized: false } : {}),
    // The authority is checked, the name in the certificate is not.
    ...(mode === 'verify-ca' ? { checkServerIdentity: () => undefined } : {}),
  };
}

function readCertificate(parameter: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'an error';
    throw new AddressMistake(
      `${parameter}=${clipAddress(file)}, which cannot be read (${code})`,
      parameter === 'sslrootcert' ? `the path of a PEM file, or ${SYSTEM}` : 'the path of a PEM file',
    );
  }
}

function clipAddress(text: string): string {
  const MAX_SHOWN_LENGTH = 80;
  return text.length > MAX_SHOWN_LENGTH ? `${text.slice(0, MAX_SHOWN_LENGTH)}…` : text;
}
