import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { InvalidArgumentError, type Command } from 'commander';
import type { Config } from '../../config/config';
import { KpoolError } from '../../core/errors';
import { postgresAddressOf } from '../../core/postgres/address';
import { Secret } from '../../core/secret';
import { MetabaseClient } from '../../metabase/client';
import type { MetabaseLogin } from '../../metabase/login';
import { readDashboards } from '../../metabase/questions';
import { readRelations } from '../../metabase/relations';
import { setUpMetabase, type MetabaseSetup } from '../../metabase/setup';
import { grantReader, hasRole } from '../../store/readers/reader-login';
import { SALT_BYTES, scramVerifier } from '../../store/readers/scram-verifier';
import type { CliContext, ConfigureCommand } from '../context';
import { workOnDatabase } from '../database-work';
import { withExamples } from '../example';
import { createReaderPassword } from '../reader-password';

interface Flags {
  readonly url: string;
  readonly apiKeyFile?: string;
  readonly email?: string;
  readonly passwordFile?: string;
  readonly role: string;
  readonly name: string;
  readonly databaseHost?: string;
  readonly databasePort?: number;
}

function parseOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || `${url.username}${url.password}${url.search}` !== '')
    throw new InvalidArgumentError('Give an address such as http://127.0.0.1:3000.');
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65_535)
    throw new InvalidArgumentError('A port is a number from 1 to 65535.');
  return port;
}

async function readSecret(file: string, option: string): Promise<Secret> {
  try {
    const text = (await readFile(file, 'utf8')).trim();
    if (text !== '') return new Secret(text);
  } catch (cause) {
    throw new KpoolError('usage.invalid', `${file} cannot be read.`, {
      hint: `Give ${option} a readable file.`,
      cause,
    });
  }
  throw new KpoolError('usage.invalid', `${file} is empty.`, {
    hint: `The file for ${option} must contain one line.`,
  });
}

/** Secrets come from files or the environment: every user of the machine can see a command line. */
async function readLogin(flags: Flags, { metabase }: Config): Promise<MetabaseLogin> {
  const keyFile = flags.apiKeyFile;
  const apiKey = keyFile === undefined ? metabase.apiKey : await readSecret(keyFile, '--api-key-file');
  if (apiKey !== null && flags.email === undefined) return { apiKey };
  const email = flags.email ?? metabase.email;
  if (email === null) {
    throw new KpoolError('usage.invalid', 'No Metabase credentials are given.', {
      hint: 'Create an API key for the group Administrators (Admin > Settings > Authentication), and pass it with --api-key-file or METABASE_API_KEY. For a new Metabase, use --email and --password-file.',
    });
  }
  const passwordFile = flags.passwordFile;
  const password =
    passwordFile === undefined ? metabase.password : await readSecret(passwordFile, '--password-file');
  if (password !== null) return { email, password };
  throw new KpoolError('usage.invalid', `The password of ${email} is missing.`, {
    hint: 'Pass it with --password-file or METABASE_PASSWORD.',
  });
}

function formatSetup(setup: MetabaseSetup, url: string, role: string): string {
  const { tables, tablesChanged, columns, columnsChanged, questions, questionsMade } = setup;
  return [
    `Metabase reads the data as ${role}, a read-only login.`,
    `${tables} tables (${tablesChanged} changed), ${columns} columns (${columnsChanged} changed), ${questions} questions (${questionsMade} new).`,
    ...setup.dashboards.map(({ name, id }) => `${name.padEnd(8)} ${url}/dashboard/${id}`),
  ].join('\n');
}

async function setup(flags: Flags, context: CliContext): Promise<void> {
  const { output, signal, clock, scrubber } = context;
  const login = await readLogin(flags, context.config());
  const password = new Secret(createReaderPassword());
  scrubber.add(password);
  scrubber.add('apiKey' in login ? login.apiKey : login.password);
  await workOnDatabase(context, 'metabase', async (sql, database) => {
    const address = postgresAddressOf(database.url);
    const host = flags.databaseHost ?? address.host;
    if (host.startsWith('/')) {
      throw new KpoolError('usage.invalid', 'Metabase cannot connect through a Unix socket.', {
        hint: 'Give the address PostgreSQL listens on: --database-host NAME [--database-port 5432]',
      });
    }
    await hasRole(sql, flags.role);
    let extraRights: readonly string[] = [];
    const made = await setUpMetabase({
      client: new MetabaseClient(flags.url, { kind: 'nobody' }, signal),
      login,
      clock,
      signal,
      openDatabase: async () => {
        const verifier = scramVerifier(password.reveal(), randomBytes(SALT_BYTES));
        const reader = await grantReader(sql, flags.role, verifier);
        extraRights = reader.extraRights;
        return {
          name: flags.name,
          host,
          port: flags.databasePort ?? address.port,
          database: reader.database,
          user: reader.role,
          password,
          isEncrypted: address.tls !== null,
        };
      },
      relations: await readRelations(sql),
      dashboards: await readDashboards(),
      say: (line) => output.note(line),
    });
    output.result({ url: flags.url, role: flags.role, ...made, dashboards: [...made.dashboards] }, () =>
      formatSetup(made, flags.url, flags.role),
    );
    for (const right of extraRights) output.warn(`kpool: ${right}`);
  });
}

function registerSetup(metabase: Command, context: CliContext): void {
  const command = metabase
    .command('setup')
    .description(
      'Create a read-only login, connect Metabase, and set up descriptions, links, questions and dashboards; can be repeated',
    )
    .requiredOption('--url <address>', 'the address of Metabase, e.g. http://127.0.0.1:3000', parseOrigin)
    .option(
      '--api-key-file <path>',
      'a file with an API key of the Administrators group (or METABASE_API_KEY)',
    )
    .option(
      '--email <address>',
      'instead of a key: an administrator, or the first one of a new Metabase (or METABASE_EMAIL)',
    )
    .option('--password-file <path>', 'a file with the password of --email (or METABASE_PASSWORD)')
    .option('--role <name>', 'the login to create; each run sets a new password', 'kpool_metabase')
    .option('--name <text>', 'the name of the database in Metabase', 'KuCoin Pool')
    .option('--database-host <name>', 'the host at which Metabase reaches PostgreSQL, if it differs')
    .option(
      '--database-port <port>',
      'the port at which Metabase reaches PostgreSQL, if it differs',
      parsePort,
    )
    .action(async (flags: Flags) => setup(flags, context));
  withExamples(
    command,
    'kpool metabase setup --url http://127.0.0.1:3000 --api-key-file metabase.key',
    'kpool metabase setup --url http://127.0.0.1:3000 --email me@example.com --password-file metabase.password',
  );
}

/** `kpool metabase`: sets up a Metabase. */
export const configureMetabase: ConfigureCommand = (metabase, context) => {
  registerSetup(metabase, context);
  withExamples(metabase, 'kpool metabase setup --url http://127.0.0.1:3000 --api-key-file metabase.key');
};
