// `npm run chaos -- [--seed N] [--minutes M] [--episode E] [--patience F] [--short]`: kpool under everything that can happen to it.
import { parseArgs } from 'node:util';
import { millisecondsInMinute as MINUTE_MS } from 'date-fns/constants';
import globalSetup from '../support/global-setup';
import globalTeardown from '../support/global-teardown';
import { playChaos, playShortly } from './chaos';

const DEFAULT_MINUTES = '10';

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      minutes: { type: 'string' },
      episode: { type: 'string' },
      patience: { type: 'string', default: '1' },
      short: { type: 'boolean', default: false },
    },
  });
  const seed = Number(values.seed ?? Math.trunc(Math.random() * 1e9));
  const firstEpisode = Number(values.episode ?? 0);
  // One episode alone is what is played again.
  const minutes = Number(values.minutes ?? (values.episode === undefined ? DEFAULT_MINUTES : '0'));
  const patience = Number(values.patience);
  if (![seed, firstEpisode, minutes, patience].every((value) => Number.isFinite(value) && value >= 0))
    throw new Error('--seed, --minutes, --episode and --patience are numbers.');
  const log = (line: string): void => void process.stdout.write(`${line}\n`);
  log(`seed ${seed}`);
  globalSetup();
  try {
    if (values.short) await playShortly({ seed, patience, log });
    else {
      const figures = await playChaos({ seed, firstEpisode, forMs: minutes * MINUTE_MS, patience, log });
      log(JSON.stringify(figures, null, 1));
    }
  } finally {
    await globalTeardown();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
