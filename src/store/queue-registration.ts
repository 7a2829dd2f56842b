import { assert } from '../core/assert';
import { QUEUE_LOCK_CLASS } from '../core/postgres/lock-numbers';
import { KEEPALIVE_SETTINGS, openPostgresSession, type PostgresSession } from '../core/postgres/session';
import type { Secret } from '../core/secret';
import { guarded } from '../core/postgres/errors';

const SETTING = 'queue_backend';
const INSTALLATION = 'installation';
/** Long enough for another process to register or to write the schedules. */
const REGISTRATION_ANSWER_TIMEOUT_MS = 15_000;
/** Where the jobs are, without secrets, since it is stored and displayed. */
export interface QueueLocation {
  readonly kind: 'postgres' | 'redis';
  /** `host:port/database`; null for the database itself. */
  readonly address: string | null;
}

/** The outcome of a registration. `changedFrom`: the previous location, which no process was using. */
export type RegistrationVerdict =
  | {
      readonly outcome: 'registered';
      readonly changedFrom: QueueLocation | null;
      /** Distinguishes this database from others that use the same Redis. */
      readonly installation: string;
    }
  | { readonly outcome: 'refused'; readonly usedLocation: QueueLocation; readonly users: number };

/** A connection that shows, while it is open, that a process uses the recorded location. */
export interface QueueRegistration {
  readonly verdict: RegistrationVerdict;
  /** Resolves when the connection has ended, for whatever reason. */
  readonly ended: Promise<void>;
  /** Pings the server: a connection that does not answer within 15 s is ended. Never fails. */
  prove(): Promise<void>;
  release(): Promise<void>;
}

function openRegistration(url: Secret): PostgresSession {
  return openPostgresSession({
    url,
    applicationName: 'kpool queue registration',
    answerTimeoutMs: REGISTRATION_ANSWER_TIMEOUT_MS,
    settings: KEEPALIVE_SETTINGS,
  });
}

/**
 * Records where the queue is, unless running processes use another location: then the registration is refused and
 * nothing changes. A registration ends with its process.
 */
export async function registerQueue(
  databaseUrl: Secret,
  location: QueueLocation,
): Promise<QueueRegistration> {
  const session = openRegistration(databaseUrl);
  try {
    return await guarded(async () => {
      await session.query('BEGIN');
      await session.query("SELECT sync.lock('queue_claim')");
      const verdict = await decide(session, location);
      // Each session locks a number of its own, which no other session can hold.
      if (verdict.outcome === 'registered') {
        await session.query('SELECT pg_try_advisory_lock($1, pg_backend_pid())', [QUEUE_LOCK_CLASS]);
      }
      await session.query('COMMIT');
      return {
        verdict,
        ended: session.ended,
        prove: () =>
          session.query('SELECT 1').then(
            () => undefined,
            () => undefined,
          ),
        release: () => session.close(),
      };
    });
  } catch (error) {
    await session.close();
    throw error;
  }
}

async function decide(session: PostgresSession, location: QueueLocation): Promise<RegistrationVerdict> {
  const [recorded] = await session.query<{ value: QueueLocation }>(
    'SELECT value FROM sync.settings WHERE key = $1',
    [SETTING],
  );
  const used = recorded?.value ?? null;
  const isElsewhere = used !== null && (used.kind !== location.kind || used.address !== location.address);
  if (isElsewhere) {
    const [holders] = await session.query<{ users: number }>(
      `SELECT count(*)::int AS users FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND sync.is_session_lock_held($1, pid)`,
      [QUEUE_LOCK_CLASS],
    );
    const users = holders?.users ?? 0;
    if (users > 0) return { outcome: 'refused', usedLocation: used, users };
  }
  await session.query(
    `INSERT INTO sync.settings AS s (key, value) VALUES ($1, $2::text::jsonb)
         ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = sync.now()
      WHERE s.value <> excluded.value`,
    [SETTING, JSON.stringify(location)],
  );
  const changedFrom = isElsewhere ? used : null;
  return { outcome: 'registered', changedFrom, installation: await findInstallation(session) };
}

/** Created by the first registration. Registrations wait for each other, so all of them get the same name. */
async function findInstallation(session: PostgresSession): Promise<string> {
  await session.query(
    `INSERT INTO sync.settings (key, value) VALUES ($1, to_jsonb(left(gen_random_uuid()::text, 8)))
         ON CONFLICT (key) DO NOTHING`,
    [INSTALLATION],
  );
  const [found] = await session.query<{ value: string }>('SELECT value FROM sync.settings WHERE key = $1', [
    INSTALLATION,
  ]);
  assert(found !== undefined, 'a setting that was just written exists');
  return found.value;
}

/** Runs `work` while no other process of this database does the same. */
export async function withSchedulesLock<T>(databaseUrl: Secret, work: () => Promise<T>): Promise<T> {
  const session = openRegistration(databaseUrl);
  try {
    await guarded(async () => {
      await session.query('BEGIN');
      await session.query("SELECT sync.lock('queue_schedules')");
    });
    return await work();
  } finally {
    // Closing the session releases the lock.
    await session.close();
  }
}
