import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import type { Config } from '../config/config';
import { programName } from '../config/diagnostics';
import type { Environment } from '../config/env-file';
import { loadConfig } from '../config/load';
import { listSecretsInAddress, secretsOf } from '../config/secrets-of';
import type { Clock } from '../core/clock';
import { KpoolError } from '../core/errors';
import type { Logger } from '../core/log';
import { createScrubber, type Scrubber } from '../core/redaction';
import type { Secret } from '../core/secret';
import type { LogLevel } from '../observability/logger';
import { STREAMS } from '../sync/registry';
import { createOutput, type Output, type OutputOptions, type TextStream } from './output/output';

/** What the program needs from its process; tests pass their own. */
export interface CliHost {
  /** Without `node` and the script. */
  readonly argv: readonly string[];
  readonly env: Environment;
  /** The folder whose `.env` is read. */
  readonly workingDirectory: string;
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  readonly clock: Clock;
}

/** 0 success, 1 something is incomplete or differs, 2 invalid usage or configuration. */
export type ExitCode = 0 | 1 | 2;

export interface CliContext {
  readonly clock: Clock;
  /** Aborts on the first Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
  readonly output: Output;
  /** Knows the configuration's secrets once the configuration has been read. */
  readonly scrubber: Scrubber;
  /** Redacts an address and its password from all output, e.g. the embedded database's. */
  hideAddress(address: Secret): void;
  /** The configuration, read on the first call. Throws `config.invalid`. */
  config(): Config;
  /** Whether the log is readable text rather than JSON. */
  readonly isLogForPeople: boolean;
  /** The service's log, on standard error, as set by LOG_LEVEL and LOG_FORMAT. */
  logger(): Promise<Logger>;
  /** The same for a command that shows its own progress, without `info`. */
  commandLogger(): Promise<Logger>;
  /** How this user calls the program, for messages that say what to type. */
  readonly programName: string;
  /** Sets the exit code, unless the command throws. */
  exitWith(code: ExitCode): void;
}

/** Adds options, action and examples to a command that already has its name and description. */
export type ConfigureCommand = (command: Command, context: CliContext) => void;

interface GlobalOptions {
  readonly json: boolean;
  readonly color: boolean;
  readonly env: string | undefined;
}

/** The context of one run of the program. */
export class CallContext implements CliContext {
  readonly clock: Clock;
  readonly scrubber = createScrubber([]);
  readonly signal: AbortSignal;
  readonly programName: string;
  exitCode: ExitCode = 0;
  private currentOutput: Output;
  /** Undefined until the configuration has been read. */
  loadedConfig: Config | undefined;
  private readonly loggers = new Map<LogLevel, Promise<Logger>>();
  private envFile: string | undefined;
  private readonly host: CliHost;

  constructor(host: CliHost, signal: AbortSignal) {
    this.host = host;
    this.clock = host.clock;
    this.signal = signal;
    this.programName = programName(host.env);
    this.currentOutput = this.createOutput({ isJson: false, mayColour: true });
  }

  get output(): Output {
    return this.currentOutput;
  }

  /** Applies the options that every command has, before the command runs. */
  applyGlobalOptions({ json, color, env }: GlobalOptions): void {
    this.currentOutput = this.createOutput({ isJson: json, mayColour: color });
    if (env === undefined) return;
    this.envFile = path.resolve(this.host.workingDirectory, env);
    if (!existsSync(this.envFile)) {
      throw new KpoolError('usage.invalid', `There is no file ${this.envFile}.`, {
        hint: 'Give --env a file like .env.example.',
      });
    }
  }

  config(): Config {
    if (this.loadedConfig !== undefined) return this.loadedConfig;
    const config = loadConfig(this.host.env, {
      envFile: this.envFile ?? path.join(this.host.workingDirectory, '.env'),
      nowMs: this.host.clock.now(),
      streams: STREAMS.all,
    });
    secretsOf(config).forEach((secret) => this.scrubber.add(secret));
    config.warnings.forEach((warning) => this.output.warn(`kpool: ${warning}`));
    this.loadedConfig = config;
    return config;
  }

  logger(): Promise<Logger> {
    return this.loggerAt(this.config().log.level);
  }

  commandLogger(): Promise<Logger> {
    const { level } = this.config().log;
    return this.loggerAt(level === 'info' ? 'warn' : level);
  }

  private loggerAt(level: LogLevel): Promise<Logger> {
    const logger = this.loggers.get(level) ?? this.createLogger(level);
    this.loggers.set(level, logger);
    return logger;
  }

  /** Loaded on demand: pino takes as long to load as the rest of a short command. */
  private async createLogger(level: LogLevel): Promise<Logger> {
    const { createLogger } = await import('../observability/logger');
    const { stderr } = this.host;
    const isTty = stderr.isTTY === true;
    return createLogger({
      level,
      format: this.isLogForPeople ? 'pretty' : 'json',
      useColour: isTty && this.mayColour,
      // Through the output, which may be drawing progress bars.
      destination: { write: (lines) => this.output.log(lines) },
      scrubber: this.scrubber,
    });
  }

  get isLogForPeople(): boolean {
    const { format } = this.config().log;
    return format === 'auto' ? this.host.stderr.isTTY === true : format === 'pretty';
  }

  hideAddress(address: Secret): void {
    listSecretsInAddress(address).forEach((secret) => this.scrubber.add(secret));
  }

  exitWith(code: ExitCode): void {
    this.exitCode = code;
  }

  private get mayColour(): boolean {
    const { env } = this.host;
    // https://no-color.org: set to a non-empty value.
    return (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
  }

  private createOutput({ isJson, mayColour }: Pick<OutputOptions, 'isJson' | 'mayColour'>): Output {
    return createOutput({
      stdout: this.host.stdout,
      stderr: this.host.stderr,
      isJson,
      mayColour: mayColour && this.mayColour,
      scrub: this.scrubber.scrub,
      clock: this.host.clock,
    });
  }
}
