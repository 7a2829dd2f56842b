// The demo's simulated pool, and the configuration that syncs it.
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Config } from '../../config/config';
import { loadConfig } from '../../config/load';
import { intervalVariableOf } from '../../config/variables';
import { KpoolError } from '../../core/errors';
import { createSimulator, type Simulator } from '../../simulator';
import { discardEmbeddedPostgres } from '../../store/embedded/open';
import { STREAMS } from '../../sync/registry';

/** The same for everyone, so that the demo's figures can be discussed. */
const DEMO_SEED = 20_261_122;
const DEMO_LATENCY_MS = { min: 20, max: 80 };
/** Short enough to see machines change. */
const DEMO_SLOT_MS = 20_000;
/** Long enough to look fresh while the first sync lasts. */
const FIRST_SYNC_EVERY = '2 min';
/** Short enough to watch what happens at the pool. */
const LIVE_EVERY = '10 s';
/** A correction shows within half a minute. */
const LIVE_RECENT_EVERY = '30 s';

export interface Demo {
  readonly simulator: Simulator;
  /** The configuration of a user who points `.env` at the simulated pool. */
  readonly config: Config;
  /** The same with short intervals, for watching. */
  readonly liveConfig: Config;
  /** A file with `config`, which other commands can read with `--env`. */
  readonly envFile: string;
  /** Writes that file, readable only by its owner. The folder must exist; opening the database creates it. */
  writeEnvFile(): Promise<void>;
}

export interface DemoOptions {
  /** The folder in which the demo gets a folder of its own. */
  readonly home: string;
  /** For its database. */
  readonly port: number;
  readonly nowMs: number;
  /** How this user calls kpool. */
  readonly programName: string;
}

/**
 * Starts a simulated pool and builds the configuration that syncs it into an embedded database of its own, which is
 * created from scratch each time. Throws `port.in-use` while another demo runs in the folder.
 */
export async function prepareDemo(options: DemoOptions): Promise<Demo> {
  const home = path.join(options.home, 'demo');
  if (!(await discardEmbeddedPostgres(home))) {
    throw new KpoolError('port.in-use', `A demo is already running in ${home}.`, {
      hint: `Stop it with Ctrl-C, or run this one elsewhere: KPOOL_HOME=/another/folder KPOOL_PG_PORT=54400 ${options.programName} demo.`,
    });
  }
  const simulator = await createSimulator({
    seed: DEMO_SEED,
    startAt: options.nowMs,
    latencyMs: DEMO_LATENCY_MS,
    world: { workerSlotMs: DEMO_SLOT_MS },
  });
  const [account] = simulator.accounts;
  if (account === undefined) throw new KpoolError('broken-promise', 'The simulated pool has no account.');
  const env = {
    KPOOL_HOME: home,
    KPOOL_PG_PORT: String(options.port),
    KUCOIN_POOL_BASE_URL: simulator.url,
    KUCOIN_POOL_API_KEY: account.apiKey,
    KUCOIN_POOL_API_SECRET: account.apiSecret,
    KUCOIN_POOL_API_PASSPHRASE: account.apiPassphrase,
  };
  const calm = { ...env, ...allEvery(FIRST_SYNC_EVERY) };
  const hasty = { ...env, ...allEvery(LIVE_EVERY), RECENT_EVERY: LIVE_RECENT_EVERY };
  const envFile = path.join(home, 'demo.env');
  const inHere = { HTTP_PORT: '0', LOG_LEVEL: 'warn' };
  return {
    simulator,
    config: loadConfig({ ...calm, ...inHere }, { streams: STREAMS.all }),
    liveConfig: loadConfig({ ...hasty, ...inHere }, { streams: STREAMS.all }),
    envFile,
    async writeEnvFile() {
      await rm(envFile, { force: true });
      await writeFile(envFile, formatEnvFile(calm), { mode: 0o600 });
    },
  };
}

/** Puts each value in quotes of a kind that it does not contain. */
function formatEnvFile(variables: Readonly<Record<string, string>>): string {
  const lines = Object.entries(variables).map(([name, value]) => {
    const quote = value.includes("'") ? '`' : "'";
    return `${name}=${quote}${value}${quote}\n`;
  });
  return `# The SIMULATED pool of the running kpool demo, and its database; rewritten by each demo.\n${lines.join('')}`;
}

function allEvery(interval: string): Record<string, string> {
  return Object.fromEntries(STREAMS.all.map((stream) => [intervalVariableOf(stream), interval]));
}
