import { isDeepStrictEqual } from 'node:util';
import { guarded } from '../core/postgres/errors';
import type { PrismaClient } from './generated/client';
import { readInstant } from './instants';

/** Stores what the reports need of the configuration (`sync.settings`). Writes only what has changed. */
export async function saveSettings(
  client: PrismaClient,
  settings: Readonly<Record<string, string | Readonly<Record<string, number>>>>,
): Promise<void> {
  await guarded(async () => {
    const known = await client.setting.findMany({ where: { key: { in: Object.keys(settings) } } });
    const recorded = new Map(known.map(({ key, value }) => [key, value]));
    for (const [key, value] of Object.entries(settings)) {
      if (isDeepStrictEqual(recorded.get(key), value)) continue;
      const updatedAt = await readInstant(client);
      await client.setting.upsert({
        where: { key },
        create: { key, value, updatedAt },
        update: { value, updatedAt },
      });
    }
  });
}
