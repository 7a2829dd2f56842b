import { millisecondsInMinute } from 'date-fns/constants';
import { PrismaPg } from '@prisma/adapter-pg';
import { createConnections } from '../core/postgres/connections';
import type { Secret } from '../core/secret';
import { PrismaClient, type Prisma } from './generated/client';

/** The client within one `inTransaction`. */
export type Transaction = Prisma.TransactionClient;

/** Runs raw SQL, in a client or in one of its transactions. */
export type Queryable = Pick<Prisma.TransactionClient, '$queryRaw' | '$executeRaw'>;

/** The models that can only be read: one for each view of `report`. */
export type ReportViews = {
  readonly [
    Name in keyof PrismaClient as PrismaClient[Name] extends { findMany: unknown }
      ? PrismaClient[Name] extends { create: unknown }
        ? never
        : Name
      : never
  ]: PrismaClient[Name];
};

export interface StoreClientOptions {
  readonly url: Secret;
  readonly maxConnections: number;
  readonly applicationName: string;
}

/** A statement that runs longer is stuck: our largest batch takes well under a second. */
const STORE_STATEMENT_TIMEOUT_MS = 120_000;
const IDLE_IN_TRANSACTION_TIMEOUT_MS = millisecondsInMinute;

/** The client for rows. Connects at the first query. */
export function createStoreClient(options: StoreClientOptions): PrismaClient {
  const connections = createConnections({
    ...options,
    settings: {
      statement_timeout: String(STORE_STATEMENT_TIMEOUT_MS),
      idle_in_transaction_session_timeout: String(IDLE_IN_TRANSACTION_TIMEOUT_MS),
    },
  });
  const adapter = new PrismaPg(connections, { disposeExternalPool: true });
  return new PrismaClient({ adapter, errorFormat: 'minimal' });
}

const TRANSACTION_WAIT_MS = 15_000;
const TRANSACTION_TIMEOUT_MS = 120_000;

/** Runs `work` in one READ COMMITTED transaction: every session of ours begins with that (session-settings.ts). */
export async function inTransaction<T>(
  client: PrismaClient,
  work: (tx: Prisma.TransactionClient) => Promise<T>,
): Promise<T> {
  return client.$transaction(work, {
    maxWait: TRANSACTION_WAIT_MS,
    timeout: TRANSACTION_TIMEOUT_MS,
  });
}
