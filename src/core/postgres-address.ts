import { parseIntoClientConfig } from 'pg-connection-string';
import type { Secret } from './secret';

/** What an address of a database says. */
export type PostgresAddress = ReturnType<typeof parseIntoClientConfig>;

/** Reads it as pg does, and so Prisma: TLS, above all, means the same to every connection of ours. */
export function parsePostgresAddress(url: Secret): PostgresAddress {
  return parseIntoClientConfig(url.reveal());
}
