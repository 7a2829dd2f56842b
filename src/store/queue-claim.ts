import { Client } from 'pg';
import { assert } from '../core/assert';
import type { Secret } from '../core/secret';

/** First half of our advisory locks, so that they meet nobody else's ("kpQ" in ASCII). */
const LOCK_CLASS = 7_041_105;
const CLAIM_LOCK = 1;
const RUNNING_LOCK = 2;
const SCHEDULES_LOCK = 3;
const SETTING = 'queue_backend';
const INSTALLATION = 'installation';
const CONNECT_TIMEOUT_MS = 10_000;

/** Where the jobs are; without secrets, as it is recorded and shown. */
export interface QueuePlace {
  readonly kind: 'postgres' | 'redis';
  /** `host:port/database`; null for the database itself. */
  readonly address: string | null;
}

/** What came of a claim; `changedFrom` is the place that was given up, which nobody used any more. */
export type ClaimVerdict =
  | {
      readonly outcome: 'claimed';
      readonly changedFrom: QueuePlace | null;
      /** Names this database among others that use the same Redis. */
      readonly installation: string;
    }
  | { readonly outcome: 'refused'; readonly usedPlace: QueuePlace; readonly users: number };

/** A connection that says, as long as it lasts, that a process uses the recorded place. */
export interface QueueClaim {
  readonly verdict: ClaimVerdict;
  /** Resolves when the connection is over, for whatever reason. */
  readonly ended: Promise<void>;
  release(): Promise<void>;
}

async function connect(databaseUrl: Secret): Promise<Client> {
  const client = new Client({
    connectionString: databaseUrl.reveal(),
    application_name: 'kpool queue claim',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
  });
  // A connection that breaks ends, and that is what is looked at.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/**
 * Records where the jobs are, unless running processes use another place: then the claim is refused, and nothing is
 * changed. The database releases the claim of a process that dies.
 */
export async function claimQueue(databaseUrl: Secret, place: QueuePlace): Promise<QueueClaim> {
  const client = await connect(databaseUrl);
  const ended = new Promise<void>((resolve) => client.once('end', () => resolve()));
  const release = async (): Promise<void> => {
    await client.end().catch(() => undefined);
  };
  try {
    await client.query('SELECT pg_advisory_lock($1, $2)', [LOCK_CLASS, CLAIM_LOCK]);
    const verdict = await decide(client, place);
    if (verdict.outcome === 'claimed') {
      await client.query('SELECT pg_advisory_lock_shared($1, $2)', [LOCK_CLASS, RUNNING_LOCK]);
    }
    await client.query('SELECT pg_advisory_unlock($1, $2)', [LOCK_CLASS, CLAIM_LOCK]);
    return { verdict, ended, release };
  } catch (error) {
    await release();
    throw error;
  }
}

async function decide(client: Client, place: QueuePlace): Promise<ClaimVerdict> {
  const { rows } = await client.query<{ value: QueuePlace }>(
    'SELECT value FROM sync.settings WHERE key = $1',
    [SETTING],
  );
  const used = rows[0]?.value ?? null;
  const isElsewhere = used !== null && (used.kind !== place.kind || used.address !== place.address);
  if (isElsewhere) {
    const holders = await client.query<{ users: number }>(
      `SELECT count(*)::int AS users FROM pg_locks
        WHERE locktype = 'advisory' AND granted AND classid = $1 AND objid = $2 AND objsubid = 2
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
      [LOCK_CLASS, RUNNING_LOCK],
    );
    const users = holders.rows[0]?.users ?? 0;
    if (users > 0) return { outcome: 'refused', usedPlace: used, users };
  }
  await client.query(
    `INSERT INTO sync.settings AS s (key, value) VALUES ($1, $2)
         ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = sync.now()
      WHERE s.value <> excluded.value`,
    [SETTING, JSON.stringify(place)],
  );
  const changedFrom = isElsewhere ? used : null;
  return { outcome: 'claimed', changedFrom, installation: await findInstallation(client) };
}

/** Made at the first claim. Claims wait for each other, so all find the same. */
async function findInstallation(client: Client): Promise<string> {
  await client.query(
    `INSERT INTO sync.settings (key, value) VALUES ($1, to_jsonb(left(gen_random_uuid()::text, 8)))
         ON CONFLICT (key) DO NOTHING`,
    [INSTALLATION],
  );
  const { rows } = await client.query<{ value: string }>('SELECT value FROM sync.settings WHERE key = $1', [
    INSTALLATION,
  ]);
  assert(rows[0] !== undefined, 'a setting that was just written is there');
  return rows[0].value;
}

/** Runs `work` while no other process of this database does the same. */
export async function withSchedulesLock<T>(databaseUrl: Secret, work: () => Promise<T>): Promise<T> {
  const client = await connect(databaseUrl);
  try {
    await client.query('SELECT pg_advisory_lock($1, $2)', [LOCK_CLASS, SCHEDULES_LOCK]);
    return await work();
  } finally {
    // Ends the lock with the session.
    await client.end().catch(() => undefined);
  }
}
