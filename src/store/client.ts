import { PrismaPg } from '@prisma/adapter-pg';
import { Pool } from 'pg';
import type { Secret } from '../core/secret';
import { PrismaClient, type Prisma } from './generated/client';

/** What the store's functions need: a client or a transaction of one. */
export type Queryable = Pick<Prisma.TransactionClient, '$queryRaw' | '$executeRaw'>;

export interface StoreClientOptions {
  readonly url: Secret;
  readonly maxConnections: number;
  readonly applicationName: string;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** A statement that runs longer is stuck: our largest batch takes well under a second. */
const STATEMENT_TIMEOUT_MS = 120_000;
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 60_000;

/** Rows go through this client. Connects at the first query. */
export function createStoreClient(options: StoreClientOptions): PrismaClient {
  const pool = new Pool({
    connectionString: options.url.reveal(),
    max: options.maxConnections,
    application_name: options.applicationName,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    keepAlive: true,
  });
  // A connection that breaks while idle is replaced by the pool at the next query, which reports what is wrong.
  pool.on('error', () => undefined);
  // And one that breaks between the pool and a transaction, where neither listens, would end the process.
  pool.on('connect', (connection) => connection.on('error', () => undefined));
  const adapter = new PrismaPg(pool, { disposeExternalPool: true });
  return new PrismaClient({ adapter, errorFormat: 'minimal' });
}

const TRANSACTION_WAIT_MS = 15_000;
const TRANSACTION_TIMEOUT_MS = 120_000;

/** Runs `work` in one READ COMMITTED transaction. */
export async function inTransaction<T>(
  client: PrismaClient,
  work: (tx: Prisma.TransactionClient) => Promise<T>,
): Promise<T> {
  return client.$transaction(work, {
    isolationLevel: 'ReadCommitted',
    maxWait: TRANSACTION_WAIT_MS,
    timeout: TRANSACTION_TIMEOUT_MS,
  });
}
