import type { Socket } from 'node:net';
import { Client, Pool, type ClientBase, type ClientConfig } from 'pg';
import type { Secret } from '../secret';
import { postgresAddressOf } from './address';
import { prepareSession, type SessionSettings } from './session-settings';

export interface PoolOptions {
  readonly url: Secret;
  readonly maxConnections: number;
  readonly applicationName: string;
  readonly settings?: SessionSettings;
}

const CONNECT_TIMEOUT_MS = 10_000;

/** The part of pg's internals that is needed. */
interface Inside {
  readonly connectionParameters: { options: string | undefined };
  readonly connection: { readonly stream: Socket };
}

const insideOf = (client: ClientBase): Inside => client as unknown as Inside;

/**
 * pg would take PGOPTIONS for an address without options. And a connection that breaks while nobody listens, while it is lent,
 * or is on its way out of a pool that ends, would end the process: whoever waits for its answer is told anyway.
 */
class AddressedClient extends Client {
  constructor(config?: ClientConfig) {
    super(config);
    insideOf(this).connectionParameters.options = config?.options;
    this.on('error', () => undefined);
  }
}

/** Connections through pg, for Prisma and BullMQ. Connects at the first query; each connection is prepared before it is lent. */
export function createPool(options: PoolOptions): Pool {
  const {
    host,
    port,
    database,
    user,
    password,
    options: sessionOptions,
    tls,
  } = postgresAddressOf(options.url);
  const pool = new Pool({
    ...{ host, port, database, user, Client: AddressedClient },
    // No password would make it look at PGPASSWORD and at .pgpass.
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
  // A connection that breaks while idle is replaced by the pool at the next query, which reports what is wrong.
  pool.on('error', () => undefined);
  return pool;
}

/** In the time of a connection: pg waits for a preparation as long as that takes. */
async function prepare(client: ClientBase, settings: SessionSettings | undefined): Promise<void> {
  const timer = setTimeout(() => insideOf(client).connection.stream.destroy(), CONNECT_TIMEOUT_MS);
  try {
    await prepareSession(async (script) => {
      const results: unknown = await client.query(script);
      return Array.isArray(results) ? [] : (results as { readonly rows: object[] }).rows;
    }, settings);
  } finally {
    clearTimeout(timer);
  }
}
