import type { Socket } from 'node:net';
import { Client, Pool, type ClientBase, type ClientConfig } from 'pg';
import type { Secret } from '../secret';
import { postgresAddressOf } from './address';
import { CONNECT_TIMEOUT_MS } from './connection';
import { prepareSession, type SessionSettings } from './session-settings';

export interface ConnectionsOptions {
  readonly url: Secret;
  readonly maxConnections: number;
  readonly applicationName: string;
  readonly settings?: SessionSettings;
}

/** The part of pg's internals that we need. */
interface ClientInternals {
  readonly connectionParameters: { options: string | undefined };
  readonly connection: { readonly stream: Socket };
}

const internalsOf = (client: ClientBase): ClientInternals => client as unknown as ClientInternals;

/**
 * pg would read PGOPTIONS if the address has no options. And a connection that breaks while nobody listens (lent, or
 * being closed with all others) would end the process; its user gets the error anyway.
 */
class AddressedClient extends Client {
  constructor(config?: ClientConfig) {
    super(config);
    internalsOf(this).connectionParameters.options = config?.options;
    this.on('error', () => undefined);
  }
}

/**
 * Connections through pg, for Prisma and BullMQ. Connects at the first query; each connection is prepared before it is
 * lent.
 */
export function createConnections(options: ConnectionsOptions): Pool {
  const {
    host,
    port,
    database,
    user,
    password,
    options: sessionOptions,
    tls,
  } = postgresAddressOf(options.url);
  const connections = new Pool({
    host,
    port,
    database,
    user,
    Client: AddressedClient,
    // If no password is given, pg would read PGPASSWORD and .pgpass.
    password: () => password?.reveal() ?? '',
    ssl: tls ?? false,
    ...(sessionOptions === null ? {} : { options: sessionOptions }),
    max: options.maxConnections,
    application_name: options.applicationName,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    verify: (client, done) => {
      prepare(client, options.settings).then(() => done(), done);
    },
  });
  // pg replaces a connection that breaks while idle; the next query reports what is wrong.
  connections.on('error', () => undefined);
  return connections;
}

/** With the time limit of a connection, since pg itself would wait without one. */
async function prepare(client: ClientBase, settings: SessionSettings | undefined): Promise<void> {
  const timer = setTimeout(() => internalsOf(client).connection.stream.destroy(), CONNECT_TIMEOUT_MS);
  try {
    await prepareSession(async (script) => {
      const results: unknown = await client.query(script);
      return Array.isArray(results) ? [] : (results as { readonly rows: object[] }).rows;
    }, settings);
  } finally {
    clearTimeout(timer);
  }
}
