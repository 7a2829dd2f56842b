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

/** 144 bits, in letters that need no escaping in any address. */
const PASSWORD_BYTES = 18;
const PRINTABLE_ASCII = /^[\x21-\x7e]{8,200}$/;

interface Flags {
  readonly passwordFile?: string;
  readonly newPassword?: boolean;
}

interface NewPassword {
  readonly text: string;
  /** Where it is kept; null: it has to be shown, once. */
  readonly file: string | null;
}

/** The password of a file, or null when there is no such file. */
async function readPassword(file: string): Promise<string | null> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new KpoolError('usage.invalid', `${file} cannot be read.`, {
      hint: 'Name a readable file after --password-file, or one that does not exist yet.',
      cause,
    });
  });
  if (text === null) return null;
  const password = text.replace(/\r?\n$/, '');
  if (PRINTABLE_ASCII.test(password)) return password;
  throw new KpoolError('usage.invalid', `${file} holds no password that every tool can type.`, {
    hint: 'One line of 8 to 200 letters, digits and signs of ASCII, without blanks.',
  });
}

/** Writes a new file, for its owner's eyes only. */
async function writePassword(file: string, password: string): Promise<void> {
  try {
    await writeFile(file, `${password}\n`, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    throw new KpoolError('usage.invalid', `${file} cannot be written.`, {
      hint: 'Name a file after --password-file in a folder that exists and that you may write to.',
      cause,
    });
  }
}

/** The password to set, or null to leave that of an existing role. */
async function choosePassword(sql: Sql, role: string, flags: Flags): Promise<NewPassword | null> {
  const isKnown = await hasRole(sql, role);
  if (flags.passwordFile !== undefined) {
    const file = path.resolve(flags.passwordFile);
    const given = await readPassword(file);
    if (given !== null) return { text: given, file };
    const text = randomBytes(PASSWORD_BYTES).toString('base64url');
    await writePassword(file, text);
    return { text, file };
  }
  if (isKnown && flags.newPassword !== true) return null;
  return { text: randomBytes(PASSWORD_BYTES).toString('base64url'), file: null };
}

/** The address to give to a tool, without the password. */
function readerUrl({ host, port }: PostgresAddress, { role, database }: ReaderLogin): string {
  const [user, path] = [encodeURIComponent(role), encodeURIComponent(database)];
  return host.startsWith('/')
    ? `postgresql://${user}@/${path}?host=${encodeURIComponent(host)}&port=${port}`
    : `postgresql://${user}@${host.includes(':') ? `[${host}]` : host}:${port}/${path}`;
}

/** From where that address leads to this server, and for how long; null: from wherever this command's does. */
function reachOf({ host }: PostgresAddress, isEmbedded: boolean): string | null {
  if (isEmbedded) {
    return 'The embedded PostgreSQL listens on this machine only, and runs as long as kpool does: keep `kpool start` running while you read.';
  }
  return host.startsWith('/') || isLoopbackHost(host)
    ? 'That is this machine: from another one, name it by its own host name, if the server listens there (listen_addresses, pg_hba.conf).'
    : null;
}

function resultText(
  login: ReaderLogin,
  place: string,
  url: string,
  reach: string | null,
  password: NewPassword | null,
): string {
  const { role, database, isNew } = login;
  return [
    `${role} ${isNew ? 'was made and' : ''} reads the schemas pool and report of ${database}, future tables too.`.replace(
      '  ',
      ' ',
    ),
    `To connect: ${place}, database ${database}, user ${role}`,
    `  ${url}`,
    ...(reach === null ? [] : [reach]),
    password === null
      ? 'Its password stays as it was (--new-password makes another).'
      : password.file === null
        ? `Its password, shown this once: ${password.text}`
        : `Its password is in ${password.file}.`,
  ].join('\n');
}

/** `kpool grant-reader`: a login for a BI tool or an analyst, who can read the data and nothing else. */
export const configureGrantReader: ConfigureCommand = (command, context) => {
  command
    .argument('<role>', 'its name; an existing login is granted the same')
    .option('--password-file <path>', 'take its password from this file, or write a new one there')
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
            ...{ role, isNew: login.isNew, host, port, url },
            ...{ database: login.database, excess: [...login.excess], extraRights: [...login.extraRights] },
            password: password?.file === null ? password.text : null,
            passwordFile: password?.file ?? null,
          },
          () => resultText(login, place, url, reachOf(address, database.psqlHint !== null), password),
        );
        for (const liberty of login.extraRights) output.warn(`kpool: ${liberty}`);
        if (login.excess.length > 0) {
          output.warn(`kpool: ${role} can do more than read pool and report: it ${login.excess.join(', ')}.`);
          output.warn('  Somebody granted it that; take it back (REVOKE), or name a new role.');
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
