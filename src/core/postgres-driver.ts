import postgres from 'postgres';
import { parsePostgresAddress } from './postgres-address';
import type { Secret } from './secret';

export interface PostgresDriverOptions {
  readonly maxConnections: number;
  readonly applicationName: string;
  readonly settings?: Readonly<Record<string, string>>;
  readonly onNotice?: (message: string) => void;
}

const CONNECT_TIMEOUT_S = 10;

/** Connections through postgres.js, for commands and pages. Connects when asked. End it with a timeout. */
export function openPostgres(url: Secret, options: PostgresDriverOptions): postgres.Sql {
  const { host, port, database, user, password, ssl } = parsePostgresAddress(url);
  return postgres({
    ...(host === undefined || host === '' ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    ...(database === undefined ? {} : { database }),
    ...(user === undefined ? {} : { user }),
    ...(typeof password === 'string' ? { password } : {}),
    ssl: ssl === true ? {} : (ssl ?? false),
    max: options.maxConnections,
    connect_timeout: CONNECT_TIMEOUT_S,
    // With it, each new connection asks for the types of arrays first, and if it breaks meanwhile, postgres.js rejects a
    // promise that nobody holds, which ends the process. Without it, arrays go in and come out as text.
    fetch_types: false,
    onnotice: (notice) => options.onNotice?.(notice['message'] ?? ''),
    connection: { ...options.settings, application_name: options.applicationName },
  });
}
