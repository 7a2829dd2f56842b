import { KpoolError } from '../core/errors';

/** What a server says about itself. */
export interface ServerFacts {
  /** As `server_version_num`: 150004 for 15.4. */
  readonly versionNumber: number;
  readonly version: string;
  readonly encoding: string;
  readonly isStandby: boolean;
  readonly database: string;
  readonly user: string;
}

/** The oldest server that the migrations are tested on (DESIGN §5). */
const OLDEST_VERSION = 140_000;

/** Throws `database.refused` unless a server of this kind can hold our tables. `place` is its host and port. */
export function requireUsable(facts: ServerFacts, place: string): void {
  if (facts.versionNumber < OLDEST_VERSION) {
    throw refused(
      `The server at ${place} is PostgreSQL ${facts.version}.`,
      'kpool needs PostgreSQL 14 to 18.',
    );
  }
  if (facts.encoding !== 'UTF8') {
    throw refused(
      `The database ${facts.database} at ${place} is encoded in ${facts.encoding}.`,
      'Make one for kpool: CREATE DATABASE kpool ENCODING UTF8 TEMPLATE template0;',
    );
  }
  if (facts.isStandby) {
    throw refused(
      `The server at ${place} is a standby: it can only be read.`,
      'Put its primary into DATABASE_URL.',
    );
  }
}

function refused(message: string, hint: string): KpoolError {
  return new KpoolError('database.refused', message, { hint });
}
