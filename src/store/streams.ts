import { guarded } from '../core/postgres/errors';
import type { Stream } from '../domain/streams';
import type { PrismaClient } from './generated/client';

/** What the reports know of a stream (`sync.streams`). */
export interface StreamRecord {
  readonly name: Stream;
  readonly scopes: 'account' | 'mining';
  readonly everyMs: number;
}

/** Records the program's streams, most valuable first; one that it has no more goes. Writes only what changed. */
export async function saveStreams(client: PrismaClient, streams: readonly StreamRecord[]): Promise<void> {
  const names = streams.map(({ name }) => name);
  const kinds = streams.map(({ scopes }) => scopes);
  const intervals = streams.map(({ everyMs }) => everyMs);
  await guarded(
    // Beside other processes that do the same: one statement, in one order.
    () => client.$executeRaw`
      WITH told AS (
        SELECT stream, position::integer, scope_kind, every_ms
          FROM unnest(${names}::text[], ${kinds}::text[], ${intervals}::bigint[])
               WITH ORDINALITY AS u(stream, scope_kind, every_ms, position)
      ), gone AS (
        DELETE FROM sync.streams s WHERE NOT EXISTS (SELECT FROM told t WHERE t.stream = s.stream)
      )
      INSERT INTO sync.streams (stream, position, scope_kind, every_ms)
      SELECT t.stream, t.position, t.scope_kind, t.every_ms FROM told t
       WHERE NOT EXISTS (SELECT FROM sync.streams s
                          WHERE (s.stream, s.position, s.scope_kind, s.every_ms)
                              = (t.stream, t.position, t.scope_kind, t.every_ms))
       ORDER BY t.position
          ON CONFLICT (stream) DO UPDATE SET position = excluded.position, scope_kind = excluded.scope_kind,
                                             every_ms = excluded.every_ms`,
  );
}
