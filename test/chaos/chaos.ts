import { setTimeout as sleep } from 'node:timers/promises';
import { ledgerDifferences, stateComplaints } from './checks';
import { describeEpisode, episodeOf, shortEpisodeOf, type Episode } from './schedule';
import { FULL_SCALE, SMALL_SCALE, Stage, type Scale } from './stage';

/** P7: after this long without a fault, the database equals what the pool serves. */
const CONVERGE_MS = 120_000;
/** P12: from the return of everything to the first request. */
const FIRST_REQUEST_MS = 40_000;
const POLL_EVERY_MS = 500;

export interface ChaosOptions {
  readonly seed: number;
  /** 1, or more on a machine that has other things to do: all limits of time are that much longer. */
  readonly patience: number;
  readonly log: (line: string) => void;
}

export interface ChaosFigures {
  readonly episodes: number;
  readonly blows: Readonly<Record<string, number>>;
  readonly requests: number;
  /** From the calm to the truth, and to the first request, of each episode, ms. */
  readonly convergedMs: readonly number[];
  readonly firstRequestMs: readonly number[];
}

interface Played {
  readonly convergedMs: number;
  readonly firstRequestMs: number;
  readonly requests: number;
}

/**
 * Plays episodes, another one until `forMs` have passed, at least one; rejects with everything that is needed to look into
 * the first that does not end well.
 */
export async function playChaos(
  options: ChaosOptions & { readonly firstEpisode: number; readonly forMs: number },
): Promise<ChaosFigures> {
  const { seed, firstEpisode, forMs } = options;
  const startedMs = performance.now();
  return onStage(seed, FULL_SCALE, async (stage) => {
    const blows: Record<string, number> = {};
    const all: Played[] = [];
    for (let number = firstEpisode; all.length === 0 || performance.now() - startedMs < forMs; number += 1) {
      const episode = episodeOf(seed, number, stage.redis !== null);
      for (const { kind } of episode.blows) blows[kind] = (blows[kind] ?? 0) + 1;
      all.push(await play(stage, episode, options));
    }
    return {
      episodes: all.length,
      blows,
      requests: all.reduce((sum, { requests }) => sum + requests, 0),
      convergedMs: all.map(({ convergedMs }) => convergedMs),
      firstRequestMs: all.map(({ firstRequestMs }) => firstRequestMs),
    };
  });
}

/** Plays one short episode over little data; rejects as `playChaos` does. */
export async function playShortly(options: ChaosOptions): Promise<void> {
  await onStage(options.seed, SMALL_SCALE, (stage) =>
    play(stage, shortEpisodeOf(options.seed, stage.redis !== null), options),
  );
}

async function onStage<T>(seed: number, scale: Scale, work: (stage: Stage) => Promise<T>): Promise<T> {
  const stage = await Stage.open(seed, scale);
  try {
    return await work(stage);
  } finally {
    await stage.close();
  }
}

async function play(stage: Stage, episode: Episode, { seed, patience, log }: ChaosOptions): Promise<Played> {
  log(describeEpisode(episode));
  try {
    const played = await survive(stage, episode, patience);
    const { firstRequestMs, convergedMs } = played;
    log(`  first request after ${seconds(firstRequestMs)} of calm, the truth after ${seconds(convergedMs)}`);
    return played;
  } catch (error) {
    throw new Error(failureText(seed, episode, stage, error), { cause: error });
  }
}

async function survive(stage: Stage, episode: Episode, patience: number): Promise<Played> {
  const [firstRequestLimitMs, convergeLimitMs] = [FIRST_REQUEST_MS * patience, CONVERGE_MS * patience];
  await stage.raise(episode);
  const stormMs = performance.now();
  for (const blow of episode.blows) {
    await sleep(Math.max(0, stormMs + blow.atMs - performance.now()));
    await stage.strike(blow, episode);
  }
  await stage.calm();
  const calmMs = performance.now();
  const { arrivals } = await stage.report();
  let firstRequestMs: number | null = null;
  for (;;) {
    const elapsedMs = performance.now() - calmMs;
    if (firstRequestMs === null && (await stage.report()).arrivals > arrivals) firstRequestMs = elapsedMs;
    if (firstRequestMs === null && elapsedMs > firstRequestLimitMs)
      throw new Error(`P12: no request within ${seconds(firstRequestLimitMs)} of calm.`);
    const differences = await ledgerDifferences(stage);
    if (differences.length === 0 && firstRequestMs !== null) break;
    if (elapsedMs > convergeLimitMs)
      throw new Error(
        `P7: after ${seconds(convergeLimitMs)} of calm the ledger differs:\n${differences.join('\n')}`,
      );
    await sleep(POLL_EVERY_MS);
  }
  const convergedMs = performance.now() - calmMs;
  const bugs = stage.services
    .flatMap(({ unwantedEnds }) => unwantedEnds)
    .filter(({ code, text }) => code !== 1 || text.includes('This is a bug'));
  const complaints = [
    ...(await stage.lower()),
    ...bugs.map(({ code, text }) => `a service ended with ${String(code)}: ${text}`),
  ];
  complaints.push(...(await stateComplaints(stage, episode)));
  if (complaints.length > 0) throw new Error(complaints.join('\n'));
  return { convergedMs, firstRequestMs, requests: (await stage.report()).arrivals };
}

function failureText(seed: number, episode: Episode, stage: Stage, error: unknown): string {
  const lines = stage.services.flatMap((service) => [
    `the last lines of ${service.name}:`,
    ...service.lastLines().map((line) => `  ${JSON.stringify(line)}`),
    ...service.unwantedEnds.map(({ code, text }) => `  ended before with ${String(code)}: ${text}`),
  ]);
  return [
    error instanceof Error ? error.message : String(error),
    `npm run chaos -- --seed ${seed} ${episode.number === null ? '--short' : `--episode ${episode.number}`} plays it again:`,
    describeEpisode(episode),
    ...lines,
  ].join('\n');
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
