import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Sql } from 'postgres';
import { KpoolError } from '../../core/errors';
import { isLoopbackHost } from '../../core/loopback';
import { postgresAddressOf, type PostgresAddress } from '../../core/postgres/address';
import { grantReader, hasRole, type ReaderLogin } from '../../store/reader-login';
import { SALT_BYTES, scramVerifier } from '../../store/scram-verifier';
import type { ConfigureCommand } from '../context';
import { workOnDatabase } from '../database-work';
import { withExamples } from '../example';

/** 144 bits, as base64url, which needs no escaping in a URL. */
const READER_PASSWORD_BYTES = 18;
const PRINTABLE_ASCII = /^[\x21-\x7e]{8,200}$/;

interface Flags {
  readonly passwordFile?: string;
  readonly newPassword?: boolean;
}

interface NewPassword {
  readonly text: string;
  /** The file it is kept in; null: it has to be printed, once. */
  readonly file: string | null;
}

/** The password in a file; null if the file does not exist. */
async function readPassword(file: string): Promise<string | null> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new KpoolError('usage.invalid', `${file} cannot be read.`, {
      hint: 'Give --password-file a readable file, or one that does not exist yet.',
      cause,
    });
  });
  if (text === null) return null;
  const password = text.replace(/\r?\n$/, '');
  if (PRINTABLE_ASCII.test(password)) return password;
  throw new KpoolError('usage.invalid', `${file} contains no valid password.`, {
    hint: 'It must be one line of 8 to 200 printable ASCII characters without spaces.',
  });
}

/** Writes a new file that only its owner can read. */
async function writePassword(file: string, password: string): Promise<void> {
  try {
    await writeFile(file, `${password}\n`, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    throw new KpoolError('usage.invalid', `${file} cannot be written.`, {
      hint: 'Give --password-file a file in an existing folder that you can write to.',
      cause,
    });
  }
}

/** The password to set; null to keep that of an existing role. */
async function choosePassword(sql: Sql, role: string, flags: Flags): Promise<NewPassword | null> {
  const isKnown = await hasRole(sql, role);
  if (flags.passwordFile !== undefined) {
    const file = path.resolve(flags.passwordFile);
    const given = await readPassword(file);
    if (given !== null) return { text: given, file };
    const text = randomBytes(READER_PASSWORD_BYTES).toString('base64url');
    await writePassword(file, text);
    return { text, file };
  }
  if (isKnown && flags.newPassword !== true) return null;
  return { text: randomBytes(READER_PASSWORD_BYTES).toString('base64url'), file: null };
}

/** The connection string for a tool, without the password. */
function readerUrl({ host, port }: PostgresAddress, { role, database }: ReaderLogin): string {
  const [user, path] = [encodeURIComponent(role), encodeURIComponent(database)];
  return host.startsWith('/')
    ? `postgresql://${user}@/${path}?host=${encodeURIComponent(host)}&port=${port}`
    : `postgresql://${user}@${host.includes(':') ? `[${host}]` : host}:${port}/${path}`;
}

/** Where the address works from, and for how long; null: from anywhere this command's own works. */
function describeReach({ host }: PostgresAddress, isEmbedded: boolean): string | null {
  if (isEmbedded) {
    return 'The embedded PostgreSQL listens on this machine only, and runs only while kpool does: keep `kpool start` running.';
  }
  return host.startsWith('/') || isLoopbackHost(host)
    ? 'This address works on this machine only. From elsewhere use its host name, if the server accepts such connections (listen_addresses, pg_hba.conf).'
    : null;
}

function formatGrant(
  login: ReaderLogin,
  place: string,
  url: string,
  reach: string | null,
  password: NewPassword | null,
): string {
  const { role, database, isNew } = login;
  return [
    `${isNew ? `Created ${role}, which can` : `${role} can`} read the schemas pool and report of ${database}, including future tables.`,
    `To connect: ${place}, database ${database}, user ${role}`,
    `  ${url}`,
    ...(reach === null ? [] : [reach]),
    password === null
      ? 'Its password is unchanged (--new-password sets a new one).'
      : password.file === null
        ? `Its password, shown only once: ${password.text}`
        : `Its password is in ${password.file}.`,
  ].join('\n');
}

/** `kpool grant-reader`: a read-only login for a BI tool or an analyst. */
export const configureGrantReader: ConfigureCommand = (command, context) => {
  command
    .argument('<role>', 'the name of the login; an existing one gets the same rights')
    .option('--password-file <path>', 'read its password from this file, or create the file with a new one')
    .option('--new-password', 'give an existing login a new password')
    .action(async (role: string, flags: Flags) => {
      await workOnDatabase(context, 'grant-reader', async (sql, database) => {
        const password = await choosePassword(sql, role, flags);
        const salt = randomBytes(SALT_BYTES);
        const login = await grantReader(
          sql,
          role,
          password === null ? null : scramVerifier(password.text, salt),
        );
        const address = postgresAddressOf(database.url);
        const { host, port } = address;
        const url = readerUrl(address, login);
        const place = `host ${host}, port ${port}`;
        const { output } = context;
        output.result(
          {
            role,
            isNew: login.isNew,
            host,
            port,
            url,
            database: login.database,
            excess: [...login.excess],
            extraRights: [...login.extraRights],
            password: password?.file === null ? password.text : null,
            passwordFile: password?.file ?? null,
          },
          () => formatGrant(login, place, url, describeReach(address, database.psqlHint !== null), password),
        );
        for (const right of login.extraRights) output.warn(`kpool: ${right}`);
        if (login.excess.length > 0) {
          output.warn(`kpool: ${role} can do more than read pool and report: it ${login.excess.join(', ')}.`);
          output.warn('  These rights were granted by someone else: REVOKE them, or use a new role.');
          context.exitWith(1);
        }
      });
    });
  withExamples(
    command,
    'kpool grant-reader metabase',
    'kpool grant-reader metabase --password-file metabase.password',
  );
};
