import { guarded } from '../core/postgres/errors';
import type { PrismaClient } from './generated/client';

/** What the reports need to know of the configuration (`sync.settings`). Writes only what changed. */
export async function saveSettings(
  client: PrismaClient,
  settings: Readonly<Record<string, string | Readonly<Record<string, number>>>>,
): Promise<void> {
  const entries = Object.entries(settings);
  await guarded(
    () => client.$executeRaw`
      INSERT INTO sync.settings AS s (key, value)
      SELECT key, value FROM unnest(${entries.map(([key]) => key)}::text[],
                                    ${entries.map(([, value]) => JSON.stringify(value))}::jsonb[]) AS u(key, value)
       WHERE NOT EXISTS (SELECT FROM sync.settings k WHERE k.key = u.key AND k.value = u.value)
          ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = sync.now()`,
  );
}
