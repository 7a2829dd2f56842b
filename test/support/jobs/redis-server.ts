import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import { findRedisProgram } from '../redis-program';
import { findFreePort } from '../test-run';

/** A Redis for one test, which can be stopped and started: each time it is empty, or holds what it saved. */
export class StoppableRedis {
  private server: ChildProcess | null = null;

  private constructor(
    private readonly port: number,
    private readonly directory: string,
  ) {}

  /** The data is stored in `directory`. */
  static async create(directory: string): Promise<StoppableRedis> {
    return new StoppableRedis(await findFreePort(), directory);
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Resolves when Redis has loaded its data. */
  async start(settings: Readonly<Record<string, string | number>> = {}): Promise<void> {
    const program = findRedisProgram();
    if (program === null) throw new Error('There is no Redis to run.');
    const options = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.directory];
    const more = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
    this.server = spawn(program.file, [...options, '--appendonly', 'no', '--save', '3600 1', ...more], {
      argv0: program.argv0,
      stdio: 'ignore',
    });
    const client = new Redis(this.url, { retryStrategy: () => 20, maxRetriesPerRequest: null });
    client.on('error', () => undefined);
    await client.ping();
    client.disconnect();
  }

  /** `SIGTERM` saves the data, `SIGKILL` loses it. */
  async stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const server = this.server;
    if (server === null) return;
    this.server = null;
    const ended = once(server, 'exit');
    server.kill(signal);
    await ended;
  }
}
