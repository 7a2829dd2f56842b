import { z } from 'zod';
import { KpoolError } from '../src/core/errors';
import type { Puid } from '../src/domain/ids';
import type { Stream } from '../src/domain/streams';

const syncPayload = z.strictObject({
  /** Its name: no job holds a secret (P10). */
  account: z.string().min(1),
  stream: z.string().min(1),
  /** As text: a queue's JSON would round it. */
  puid: z
    .string()
    .regex(/^-?\d+$/)
    .nullable(),
  algo: z.string().nullable(),
});

/** The payload of a sync job. */
export type SyncPayload = z.infer<typeof syncPayload>;

/** The scope that a payload names. */
export interface SyncTarget {
  readonly account: string;
  readonly stream: Stream;
  readonly puid: Puid | null;
  readonly algo: string | null;
}

/** The scope that a job of the queue names; null for a payload that this version does not understand. */
export function findSyncTarget(data: unknown): SyncTarget | null {
  const parsed = syncPayload.safeParse(data);
  if (!parsed.success) return null;
  const { puid } = parsed.data;
  return { ...parsed.data, puid: puid === null ? null : (BigInt(puid) as Puid) };
}

/** As `findSyncTarget`, but throws `broken-promise`. */
export function parseSyncPayload(data: unknown): SyncTarget {
  const target = findSyncTarget(data);
  if (target === null) {
    throw new KpoolError('broken-promise', 'A job of the queue is not in the form of this version.', {
      hint: 'All processes of one database have to run the same version of kpool.',
    });
  }
  return target;
}

/** Deduplication key: at most one job of a scope is in the queue. */
export function deduplicationIdOf({ account, stream, puid, algo }: SyncPayload): string {
  // Once encoded, no part contains the separator, or a colon, which BullMQ reserves.
  return [account, stream, puid ?? '', algo ?? ''].map(encodeURIComponent).join('/');
}
