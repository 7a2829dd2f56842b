import { setTimeout as sleep } from 'node:timers/promises';
import { ledgerDifferences, stateComplaints } from './checks';
import { describeEpisode, episodeOf, type Episode } from './schedule';
import { Stage } from './stage';

/** P7: calm for so long, and the database is what the pool serves. */
const CONVERGE_MS = 120_000;
/** P12: from the return of everything to the first request. */
const FIRST_REQUEST_MS = 40_000;
const LOOK_EVERY_MS = 500;
const LEAVING_MS = 3_000;

export interface ChaosOptions {
  readonly seed: number;
  readonly firstEpisode: number;
  /** Another episode begins until this many ms have passed; at least one is played. */
  readonly forMs: number;
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

/** Plays episodes; rejects with everything that is needed to look into the first one that does not end well. */
export async function playChaos({
  seed,
  firstEpisode,
  forMs,
  patience,
  log,
}: ChaosOptions): Promise<ChaosFigures> {
  const startedMs = performance.now();
  const stage = await Stage.open(seed);
  const blows: Record<string, number> = {};
  const convergedMs: number[] = [];
  const firstRequestMs: number[] = [];
  try {
    for (
      let number = firstEpisode;
      number === firstEpisode || performance.now() - startedMs < forMs;
      number += 1
    ) {
      const episode = episodeOf(seed, number, stage.redis !== null);
      log(describeEpisode(episode));
      for (const { kind } of episode.blows) blows[kind] = (blows[kind] ?? 0) + 1;
      const played = await play(stage, episode, patience).catch((error: unknown) => {
        throw new Error(failureText(seed, episode, stage, error), { cause: error });
      });
      convergedMs.push(played.convergedMs);
      firstRequestMs.push(played.firstRequestMs);
      log(
        `  first request after ${seconds(played.firstRequestMs)} of calm, the truth after ${seconds(played.convergedMs)}`,
      );
    }
    const { arrivals } = await stage.look();
    return { episodes: convergedMs.length, blows, requests: arrivals, convergedMs, firstRequestMs };
  } finally {
    await stage.close();
  }
}

async function play(
  stage: Stage,
  episode: Episode,
  patience: number,
): Promise<{ convergedMs: number; firstRequestMs: number }> {
  const [firstRequestLimitMs, convergeLimitMs] = [FIRST_REQUEST_MS * patience, CONVERGE_MS * patience];
  await stage.raise(episode);
  const stormMs = performance.now();
  for (const blow of episode.blows) {
    await sleep(Math.max(0, stormMs + blow.atMs - performance.now()));
    await stage.strike(blow, episode);
  }
  await stage.calm();
  const calmMs = performance.now();
  const { arrivals } = await stage.look();
  let firstRequestMs: number | null = null;
  for (;;) {
    const elapsedMs = performance.now() - calmMs;
    if (firstRequestMs === null && (await stage.look()).arrivals > arrivals) firstRequestMs = elapsedMs;
    if (firstRequestMs === null && elapsedMs > firstRequestLimitMs)
      throw new Error(`P12: no request within ${seconds(firstRequestLimitMs)} of calm.`);
    const differences = await ledgerDifferences(stage);
    if (differences.length === 0 && firstRequestMs !== null) break;
    if (elapsedMs > convergeLimitMs)
      throw new Error(
        `P7: after ${seconds(convergeLimitMs)} of calm the ledger differs:\n${differences.join('\n')}`,
      );
    await sleep(LOOK_EVERY_MS);
  }
  const convergedMs = performance.now() - calmMs;
  const bugs = stage.services
    .flatMap(({ unwantedEnds }) => unwantedEnds)
    .filter(({ code, text }) => code !== 1 || text.includes('This is a bug'));
  const complaints = [
    ...(await stage.lower()),
    ...bugs.map(({ code, text }) => `a service ended with ${String(code)}: ${text}`),
  ];
  await sleep(LEAVING_MS);
  complaints.push(...(await stateComplaints(stage)));
  if (complaints.length > 0) throw new Error(complaints.join('\n'));
  return { convergedMs, firstRequestMs };
}

function failureText(seed: number, episode: Episode, stage: Stage, error: unknown): string {
  const lines = stage.services.flatMap((service) => [
    `the last lines of ${service.name}:`,
    ...service.lastLines().map((line) => `  ${JSON.stringify(line)}`),
    ...service.unwantedEnds.map(({ code, text }) => `  ended before with ${String(code)}: ${text}`),
  ]);
  return [
    error instanceof Error ? error.message : String(error),
    `npm run chaos -- --seed ${seed} --episode ${episode.number} plays it again:`,
    describeEpisode(episode),
    ...lines,
  ].join('\n');
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
