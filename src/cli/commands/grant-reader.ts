import { randomBytes } from 'node:crypto';
import { isLoopbackHost } from '../../core/loopback';
import { postgresAddressOf, type PostgresAddress } from '../../core/postgres/address';
import { grantReader, type ReaderLogin } from '../../store/readers/reader-login';
import { SALT_BYTES, scramVerifier } from '../../store/readers/scram-verifier';
import type { CliContext, ConfigureCommand } from '../context';
import { workOnDatabase } from '../database-work';
import { withExamples } from '../example';
import { choosePassword, type NewPassword, type PasswordFlags } from '../reader-password';

/** The connection string for a tool, without the password. */
function formatReaderUrl({ host, port }: PostgresAddress, { role, database }: ReaderLogin): string {
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
  address: PostgresAddress,
  reach: string | null,
  password: NewPassword | null,
): string {
  const { role, database, isNew } = login;
  return [
    `${isNew ? `Created ${role}, which can` : `${role} can`} read the schemas pool and report of ${database}, including future tables.`,
    `To connect: host ${address.host}, port ${address.port}, database ${database}, user ${role}`,
    `  ${formatReaderUrl(address, login)}`,
    ...(reach === null ? [] : [reach]),
    password === null
      ? 'Its password is unchanged (--new-password sets a new one).'
      : password.file === null
        ? `Its password, shown only once: ${password.text}`
        : `Its password is in ${password.file}.`,
  ].join('\n');
}

async function grant(context: CliContext, role: string, flags: PasswordFlags): Promise<void> {
  const { output } = context;
  await workOnDatabase(context, 'grant-reader', async (sql, database) => {
    const password = await choosePassword(sql, role, flags);
    const verifier = password === null ? null : scramVerifier(password.text, randomBytes(SALT_BYTES));
    const login = await grantReader(sql, role, verifier);
    const address = postgresAddressOf(database.url);
    const { host, port } = address;
    const url = formatReaderUrl(address, login);
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
      () => formatGrant(login, address, describeReach(address, database.psqlHint !== null), password),
    );
    for (const right of login.extraRights) output.warn(`kpool: ${right}`);
    if (login.excess.length === 0) return;
    output.warn(`kpool: ${role} can do more than read pool and report: it ${login.excess.join(', ')}.`);
    output.warn('  These rights were granted by someone else: REVOKE them, or use a new role.');
    context.exitWith(1);
  });
}

/** `kpool grant-reader`: a read-only login for a BI tool or an analyst. */
export const configureGrantReader: ConfigureCommand = (command, context) => {
  command
    .argument('<role>', 'the name of the login; an existing one gets the same rights')
    .option('--password-file <path>', 'read its password from this file, or create the file with a new one')
    .option('--new-password', 'give an existing login a new password')
    .action(async (role: string, flags: PasswordFlags) => grant(context, role, flags));
  withExamples(
    command,
    'kpool grant-reader metabase',
    'kpool grant-reader metabase --password-file metabase.password',
  );
};
