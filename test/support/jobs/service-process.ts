import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { intervalVariableOf } from '../../../src/config/variables';
import type { Simulator } from '../../../src/simulator';
import { STREAMS } from '../../../src/sync/registry';

const ROOT = join(__dirname, '..', '..', '..');

/** One line of the program's log. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly msg: string };

const FROM_SOURCES = ['-r', join(ROOT, 'test/support/typescript-hook.cjs'), join(ROOT, 'src/cli/kpool.ts')];
/** The built program, which starts faster than the sources. */
export const BUILT_KPOOL: readonly string[] = [join(ROOT, 'dist/src/cli/kpool.js')];

/** A `kpool start`, or another command, in a separate process, by default from the sources. */
export class ServiceProcess {
  readonly lines: LogLine[] = [];
  private readonly child: ChildProcess;
  private readonly directory = mkdtempSync(join(tmpdir(), 'kpool-service-'));
  private readonly ended: Promise<number | null>;
  private readonly watchers = new Set<() => void>();
  private other = '';

  /** `clockFile` holds the error of its wall clock in ms; it is read again at SIGUSR2. */
  constructor(
    args: readonly string[],
    env: Readonly<Record<string, string>>,
    options: {
      readonly command?: string;
      readonly program?: readonly string[];
      readonly clockFile?: string;
    } = {},
  ) {
    const { command = 'start', program = FROM_SOURCES, clockFile } = options;
    const clock = clockFile === undefined ? [] : ['-r', join(__dirname, 'shifted-clock.cjs')];
    this.child = spawn(process.execPath, [...clock, ...program, command, ...args], {
      cwd: this.directory,
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: this.directory,
        LOG_FORMAT: 'json',
        ...env,
        ...(clockFile === undefined ? {} : { KPOOL_TEST_CLOCK: clockFile }),
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    createInterface({ input: this.child.stderr! }).on('line', (line) => {
      if (line.startsWith('{')) this.lines.push(JSON.parse(line) as LogLine);
      else this.other += `${line}\n`;
      this.watchers.forEach((watcher) => watcher());
    });
    this.ended = once(this.child, 'close').then(([code]) => {
      rmSync(this.directory, { recursive: true, force: true });
      this.watchers.forEach((watcher) => watcher());
      return code as number | null;
    });
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** Its output, without the log. */
  get text(): string {
    return this.other;
  }

  /** Resolves with the first line of the log that fits, from the beginning. Fails when the process ends first. */
  until(fits: (line: LogLine) => boolean): Promise<LogLine> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        const found = this.lines.find(fits);
        const isOver = this.child.exitCode !== null || this.child.signalCode !== null;
        if (found === undefined && !isOver) return;
        this.watchers.delete(check);
        if (found !== undefined) resolve(found);
        else
          reject(new Error(`It ended first.\n${this.other}${JSON.stringify(this.lines.slice(-5), null, 1)}`));
      };
      this.watchers.add(check);
      check();
    });
  }

  untilRunning(): Promise<LogLine> {
    return this.until(({ msg }) => msg.startsWith('Jobs run'));
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Sends the signal and resolves with the exit code; null when the signal killed it. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.child.kill(signal);
    return this.ended;
  }

  get exit(): Promise<number | null> {
    return this.ended;
  }
}

/** The environment of a process that syncs the simulator's first account; without a database it uses an embedded one. */
export function serviceEnv(simulator: Simulator, databaseUrl: string | null): Record<string, string> {
  const account = simulator.accounts[0]!;
  return {
    ...(databaseUrl === null ? {} : { DATABASE_URL: databaseUrl }),
    KUCOIN_POOL_BASE_URL: simulator.url,
    KUCOIN_POOL_API_KEY: account.apiKey,
    KUCOIN_POOL_API_SECRET: account.apiSecret,
    KUCOIN_POOL_API_PASSPHRASE: account.apiPassphrase,
    KUCOIN_POOL_ACCOUNT_NAME: account.name,
    HTTP_PORT: '0',
  };
}

/** Variables that set the interval of every stream. */
export function allEvery(interval: string): Record<string, string> {
  return Object.fromEntries(STREAMS.all.map((stream) => [intervalVariableOf(stream), interval]));
}
