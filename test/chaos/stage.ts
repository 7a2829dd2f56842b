import { chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import postgres from 'postgres';
import { findPackagedBinaries } from '../../src/store/embedded/binaries';
import { createCluster, startCluster, stopCluster, type Cluster } from '../../src/store/embedded/cluster';
import { findServerUser } from '../../src/store/embedded/server-user';
import type { SimCredentials, WorldSpec } from '../../src/simulator';
import { ChildProgram } from '../support/child-program';
import { restoreDatabaseClock, setDatabaseClock } from '../support/database-clock';
import { allEvery, BUILT_KPOOL, ServiceProcess } from '../support/jobs/service-process';
import { StoppableRedis } from '../support/jobs/redis-server';
import { findRedisProgram } from '../support/redis-program';
import { findFreePort, runDirectory, stopAfterRun } from '../support/test-run';
import type { PoolReport, PoolOptions, PoolTruth } from './pool-program';
import type { Blow, Episode } from './schedule';
import { SupervisedService } from './services';

export const REQUESTS_PER_SECOND = 4;
const FAULT_SHARE = 0.2;
const DATABASE = 'chaos';
const RECOVERY_MS = 30_000;

/** How much there is to do. */
export interface Scale {
  readonly world: Partial<WorldSpec>;
  /** The interval of each stream: often enough to converge within the time for it several times over. */
  readonly every: string;
}

export const FULL_SCALE: Scale = {
  world: { days: 120, subAccountsPerAccount: 2, algorithms: ['SHA256d', 'Scrypt'], workersPerSubAccount: 6 },
  every: '15 s',
};
export const SMALL_SCALE: Scale = {
  world: { days: 20, subAccountsPerAccount: 1, algorithms: ['SHA256d'], workersPerSubAccount: 2 },
  every: '5 s',
};

/** Everything that the services work with, each in processes of its own. */
export class Stage {
  readonly sql: postgres.Sql;
  readonly services: SupervisedService[] = [];
  readonly syncs: ServiceProcess[] = [];
  private postgresIsAway = Promise.resolve();
  private redisIsAway = Promise.resolve();

  private constructor(
    private readonly directory: string,
    private readonly cluster: Cluster,
    private readonly settings: Readonly<Record<string, string>>,
    private readonly databaseUrl: string,
    private readonly pool: ChildProgram,
    private readonly poolEnv: Readonly<Record<string, string>>,
    private readonly every: string,
    readonly redis: StoppableRedis | null,
  ) {
    this.sql = postgres(databaseUrl, {
      max: 1,
      onnotice: () => undefined,
      connection: { application_name: 'chaos' },
    });
  }

  static async open(seed: number, { world, every }: Scale): Promise<Stage> {
    const directory = join(runDirectory(), `chaos-${seed}`);
    const serverDirectory = join(directory, 'server');
    await mkdir(serverDirectory, { recursive: true });
    const user = await findServerUser();
    if (user !== null) await chown(serverDirectory, user.uid, user.gid);
    const cluster = {
      dataDirectory: join(serverDirectory, 'data'),
      binaries: await findPackagedBinaries(),
      user,
    };
    const port = String(await findFreePort());
    // The machine itself does not crash, so nothing has to reach the disk.
    const settings = { port, listen_addresses: '127.0.0.1', unix_socket_directories: '', fsync: 'off' };
    stopAfterRun(`chaos-postgres-${port}`, 'SIGQUIT', join(cluster.dataDirectory, 'postmaster.pid'));
    await createCluster(cluster, { superuser: 'kpool', password: DATABASE, database: DATABASE });
    await startCluster(cluster, settings, join(serverDirectory, 'log'));

    const redis = findRedisProgram() === null ? null : await StoppableRedis.create(directory);
    await redis?.start();
    const poolOptions: PoolOptions = { seed, startAt: Date.now(), faultShare: FAULT_SHARE, world };
    const pool = new ChildProgram(join(__dirname, 'pool-program.ts'), [JSON.stringify(poolOptions)]);
    const { url, account } = await pool.answer<{ url: string; account: SimCredentials }>();
    const poolEnv = {
      KUCOIN_POOL_BASE_URL: url,
      KUCOIN_POOL_API_KEY: account.apiKey,
      KUCOIN_POOL_API_SECRET: account.apiSecret,
      KUCOIN_POOL_API_PASSPHRASE: account.apiPassphrase,
      KUCOIN_POOL_ACCOUNT_NAME: account.name,
    };
    const databaseUrl = `postgres://kpool:${DATABASE}@127.0.0.1:${port}/${DATABASE}`;
    return new Stage(directory, cluster, settings, databaseUrl, pool, poolEnv, every, redis);
  }

  /** Starts the services of an episode, under a pool that is not well. */
  async raise({ services, queue }: Episode): Promise<void> {
    await this.pool.ask('storm');
    this.services.length = 0;
    for (let number = 0; number < services; number += 1) {
      const service = new SupervisedService(`service-${number}`, this.directory, this.env(queue));
      this.services.push(service);
      service.start();
    }
    await Promise.all(this.services.map((service) => service.untilWell()));
  }

  /** Starts the fault, which ends without help. */
  async strike(blow: Blow, { queue }: Episode): Promise<void> {
    switch (blow.kind) {
      case 'kill a service':
        return this.services[blow.service]?.signal('SIGKILL');
      case 'freeze a service':
        return void this.services[blow.service]?.freeze(blow.forMs);
      case 'step a clock':
        return this.services[blow.service]?.stepClock(blow.byMs);
      case 'run kpool sync':
        this.syncs.push(new ServiceProcess([], this.env(queue), { command: 'sync', program: BUILT_KPOOL }));
        return;
      case 'kill kpool sync':
        this.syncs.at(-1)?.kill('SIGKILL');
        return;
      case 'crash PostgreSQL':
        this.postgresIsAway = this.postgresIsAway.then(async () => {
          await stopCluster(this.cluster, 'immediate');
          await sleep(blow.awayMs);
          await this.startPostgres();
        });
        return;
      case 'kill a backend':
        return this.killBackend(blow.which);
      case 'empty Redis':
        await this.onRedis((client) => client.flushall());
        return;
      case 'restart Redis':
        this.redisIsAway = this.redisIsAway.then(async () => {
          await this.redis?.stop(blow.signal);
          await sleep(blow.awayMs);
          await this.redis?.start();
        });
        return;
      case 'step the database’s clock':
        return this.stepDatabaseClock(blow.byMs);
      case 'let a day pass at the pool':
        await this.pool.ask('day');
        return;
    }
  }

  /** Ends the storm: everything is there and well; nobody is helped with anything else. */
  async calm(): Promise<void> {
    await this.pool.ask('calm');
    await Promise.all([this.postgresIsAway, this.redisIsAway]);
    await this.restoreDatabaseClock();
    await Promise.all(this.services.map((service) => service.untilWell()));
  }

  async truth(): Promise<PoolTruth> {
    return this.pool.ask('truth');
  }

  async report(): Promise<PoolReport> {
    return this.pool.ask('report');
  }

  /** Ends the services and syncs; resolves with what is wrong with their ends. */
  async lower(): Promise<readonly string[]> {
    const complaints = await Promise.all(this.services.map((service) => service.stop()));
    await Promise.all(this.syncs.splice(0).map((sync) => sync.end('SIGKILL')));
    return complaints.filter((complaint) => complaint !== null);
  }

  /** Runs a command to its end, and resolves with its exit code. */
  async run(command: string, args: readonly string[]): Promise<number | null> {
    return new ServiceProcess(args, this.env('postgres'), { command, program: BUILT_KPOOL }).exit;
  }

  /** Connections to Redis that are not the caller's own. */
  async redisConnections(): Promise<number> {
    if (this.redis === null) return 0;
    const list = await this.onRedis((client) => client.client('LIST'));
    return String(list).trim().split('\n').length - 1;
  }

  async close(): Promise<void> {
    await Promise.all(this.services.map((service) => service.stop()));
    await this.sql.end({ timeout: 1 });
    await this.pool.kill();
    await this.redis?.stop('SIGKILL');
    await stopCluster(this.cluster, 'immediate');
  }

  private env(queue: Episode['queue']): Record<string, string> {
    return {
      ...this.poolEnv,
      ...allEvery(this.every),
      RECENT_EVERY: this.every,
      DATABASE_URL: this.databaseUrl,
      KUCOIN_POOL_REQUESTS_PER_SECOND: String(REQUESTS_PER_SECOND),
      HTTP_PORT: '0',
      ...(queue === 'redis' && this.redis !== null ? { REDIS_URL: this.redis.url } : {}),
    };
  }

  private async startPostgres(): Promise<void> {
    // Sessions of the server that was stopped may take a moment to end.
    while (!(await startCluster(this.cluster, this.settings, join(this.directory, 'server', 'log'))))
      await sleep(100);
  }

  /** The whole server restarts then, as after the out-of-memory killer. */
  private async killBackend(which: number): Promise<void> {
    try {
      const backends = await this.sql<{ pid: number }[]>`
        SELECT pid FROM pg_stat_activity
         WHERE datname = ${DATABASE} AND backend_type = 'client backend' AND pid <> pg_backend_pid()`;
      const backend = backends[Math.floor(which * backends.length)];
      if (backend !== undefined) process.kill(backend.pid, 'SIGKILL');
    } catch {
      // Away already.
    }
  }

  private async stepDatabaseClock(byMs: number): Promise<void> {
    await this.postgresIsAway;
    await setDatabaseClock(this.sql, Date.now() + byMs).catch(() => undefined);
  }

  /** A server that has lost a backend is back within moments. */
  private async restoreDatabaseClock(): Promise<void> {
    const giveUpAtMs = performance.now() + RECOVERY_MS;
    for (;;) {
      try {
        await restoreDatabaseClock(this.sql);
        return;
      } catch (error) {
        if (performance.now() > giveUpAtMs) throw error;
      }
      await sleep(100);
    }
  }

  private async onRedis<T>(work: (client: Redis) => Promise<T>): Promise<T | null> {
    if (this.redis === null) return null;
    const client = new Redis(this.redis.url, { retryStrategy: () => null, maxRetriesPerRequest: 0 });
    client.on('error', () => undefined);
    try {
      return await work(client);
    } catch {
      return null;
    } finally {
      client.disconnect();
    }
  }
}
