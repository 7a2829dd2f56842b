import type { Secret } from '../core/secret';
import { createStoreClient } from '../store/client';
import { PrismaQuarantineStore } from '../store/quarantine-store';

/** Looks into the quarantine of a migrated database, for the time of one piece of work. */
export async function withQuarantine<T>(
  databaseUrl: Secret,
  work: (quarantine: PrismaQuarantineStore) => Promise<T>,
): Promise<T> {
  const client = createStoreClient({
    url: databaseUrl,
    maxConnections: 1,
    applicationName: 'kpool quarantine',
  });
  try {
    return await work(new PrismaQuarantineStore(client));
  } finally {
    await client.$disconnect();
  }
}
