import { guarded } from '../core/postgres/errors';
import type { Stream } from '../domain/streams';
import type { PrismaClient } from './generated/client';

/** What the reports need to know of a stream (`sync.streams`). */
export interface StreamRecord {
  readonly name: Stream;
  readonly scopes: 'account' | 'mining';
  readonly everyMs: number;
}

/** Stores the streams of this version, most valuable first, and deletes others. Unchanged rows are not rewritten. */
export async function saveStreams(client: PrismaClient, streams: readonly StreamRecord[]): Promise<void> {
  await guarded(async () => {
    const known = new Map((await client.stream.findMany()).map((record) => [record.stream, record]));
    // Without a transaction, so that processes that start together never wait for each other.
    for (const [index, { name, scopes, everyMs }] of streams.entries()) {
      const facts = { position: index + 1, scopeKind: scopes, everyMs: BigInt(everyMs) };
      const old = known.get(name);
      const isSame =
        old?.position === facts.position && old.scopeKind === scopes && old.everyMs === facts.everyMs;
      if (isSame) continue;
      await client.stream.upsert({
        where: { stream: name },
        create: { stream: name, ...facts },
        update: facts,
      });
    }
    await client.stream.deleteMany({ where: { stream: { notIn: streams.map(({ name }) => name) } } });
  });
}
