import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BUILT_KPOOL, ServiceProcess, type LogLine } from '../support/jobs/service-process';
import { stopAfterRun } from '../support/test-run';

const PRELOAD = join(__dirname, 'clock-step.cjs');
/** As systemd or Compose would. */
const RESTART_AFTER_MS = 1_000;
const STOP_TIMEOUT_MS = 20_000;
const LAST_LINES = 25;

/** How a process ended that was not stopped: its exit code and its output. */
export interface UnwantedEnd {
  readonly code: number | null;
  readonly text: string;
}

/** One `kpool start` that something starts again whenever it ends. */
export class SupervisedService {
  readonly unwantedEnds: UnwantedEnd[] = [];
  private readonly clockFile: string;
  private process: ServiceProcess | null = null;
  private wanted = false;
  private supervising: Promise<void> = Promise.resolve();

  constructor(
    readonly name: string,
    private readonly directory: string,
    private readonly env: Readonly<Record<string, string>>,
    private readonly command = 'start',
    private readonly args: readonly string[] = ['--role', 'run'],
  ) {
    this.clockFile = join(directory, `${name}.clock`);
  }

  start(): void {
    this.wanted = true;
    this.supervising = this.supervise();
  }

  /** By how much its wall clock is wrong from now on. */
  stepClock(byMs: number): void {
    writeFileSync(this.clockFile, String(byMs));
  }

  signal(signal: NodeJS.Signals): void {
    const pid = this.process?.pid;
    if (pid === undefined) return;
    try {
      process.kill(pid, signal);
    } catch {
      // It has just ended.
    }
  }

  async freeze(ms: number): Promise<void> {
    this.signal('SIGSTOP');
    await sleep(ms);
    this.signal('SIGCONT');
  }

  /** Resolves when it runs, with a clock that is right. */
  async untilWell(): Promise<void> {
    rmSync(this.clockFile, { force: true });
    this.signal('SIGCONT');
    for (;;) {
      const running = this.process;
      // One that ends first is started again.
      if (
        running !== null &&
        (await running.untilRunning().then(
          () => true,
          () => false,
        ))
      )
        return;
      await sleep(100);
    }
  }

  /** Ends it for good; resolves with what is wrong with that, or null. */
  async stop(): Promise<string | null> {
    this.wanted = false;
    const last = this.process;
    this.signal('SIGTERM');
    const inTime = await Promise.race([
      this.supervising.then(() => true),
      sleep(STOP_TIMEOUT_MS, false, { ref: false }),
    ]);
    if (!inTime) {
      this.signal('SIGKILL');
      await this.supervising;
      return `${this.name} did not end within ${STOP_TIMEOUT_MS / 1_000} s of SIGTERM`;
    }
    const code = (await last?.exit) ?? null;
    return code === 0 ? null : `${this.name} ended with ${code} at SIGTERM: ${last?.text ?? ''}`;
  }

  lastLines(): readonly LogLine[] {
    return this.process?.lines.slice(-LAST_LINES) ?? [];
  }

  private async supervise(): Promise<void> {
    const isWanted = (): boolean => this.wanted;
    while (isWanted()) {
      const child = new ServiceProcess(this.args, this.environment(), {
        command: this.command,
        program: BUILT_KPOOL,
      });
      this.process = child;
      const pidFile = join(this.directory, `${this.name}.pid`);
      writeFileSync(pidFile, String(child.pid));
      stopAfterRun(`chaos-${this.name}`, 'SIGKILL', pidFile);
      const code = await child.exit;
      if (!isWanted()) return;
      // Null: killed, which was us.
      if (code !== null) this.unwantedEnds.push({ code, text: child.text });
      await sleep(RESTART_AFTER_MS);
    }
  }

  private environment(): Record<string, string> {
    return { ...this.env, NODE_OPTIONS: `--require ${PRELOAD}`, CHAOS_CLOCK_FILE: this.clockFile };
  }
}
