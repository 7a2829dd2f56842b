import { millisecondsInHour as HOUR_MS } from 'date-fns/constants';
import { createRandom, mix } from '../../src/simulator/random';

/** What is done to the running system, in its own words. */
export type Blow =
  | { readonly kind: 'kill a service'; readonly service: number }
  | { readonly kind: 'freeze a service'; readonly service: number; readonly forMs: number }
  | { readonly kind: 'step a clock'; readonly service: number; readonly byMs: number }
  | { readonly kind: 'run kpool sync' }
  | { readonly kind: 'kill kpool sync' }
  | { readonly kind: 'crash PostgreSQL'; readonly awayMs: number }
  /** `which` in [0, 1): of the client connections at that moment. */
  | { readonly kind: 'kill a backend'; readonly which: number }
  | { readonly kind: 'empty Redis' }
  | { readonly kind: 'restart Redis'; readonly signal: 'SIGTERM' | 'SIGKILL'; readonly awayMs: number }
  | { readonly kind: 'step the database’s clock'; readonly byMs: number }
  | { readonly kind: 'let a day pass at the pool' };

export type TimedBlow = Blow & { readonly atMs: number };

export interface Episode {
  /** Null: the short one of its seed. */
  readonly number: number | null;
  readonly services: number;
  readonly queue: 'postgres' | 'redis';
  /** In order of time, from the beginning of the storm. */
  readonly blows: readonly TimedBlow[];
}

const MAX_SERVICES = 3;
const MIN_BLOWS = 5;
const MAX_BLOWS = 9;
const STORM_MS = 20_000;
const MAX_AWAY_MS = 6_000;
const MAX_FREEZE_MS = 12_000;
const SHORT_STORM_MS = 6_000;
const SHORT_AWAY_MS = 1_000;
const YEAR_MS = 365 * 24 * HOUR_MS;
const CLOCK_STEPS_MS = [2 * HOUR_MS, -2 * HOUR_MS, 26 * HOUR_MS, -26 * HOUR_MS, 2 * YEAR_MS, -2 * YEAR_MS];

/** The episode of that number: the same seed and number give the same one. */
export function episodeOf(seed: number, number: number, hasRedis: boolean): Episode {
  const random = createRandom(mix(seed, number));
  const below = (limit: number): number => Math.floor(random() * limit);
  const services = 1 + below(MAX_SERVICES);
  // Drawn in any case, so that the rest of the episode is the same without a Redis.
  const wantsRedis = random() < 0.5;
  const queue = wantsRedis && hasRedis ? 'redis' : 'postgres';
  const drawStepMs = (): number => CLOCK_STEPS_MS[below(CLOCK_STEPS_MS.length)] ?? 0;
  const drawBlow = (): Blow => {
    const service = below(services);
    const awayMs = below(MAX_AWAY_MS);
    const makers: readonly (() => Blow)[] = [
      () => ({ kind: 'kill a service', service }),
      () => ({ kind: 'kill a service', service }),
      () => ({ kind: 'freeze a service', service, forMs: below(MAX_FREEZE_MS) }),
      () => ({ kind: 'step a clock', service, byMs: drawStepMs() }),
      () => ({ kind: 'step the database’s clock', byMs: drawStepMs() }),
      () => ({ kind: 'run kpool sync' }),
      () => ({ kind: 'kill kpool sync' }),
      () => ({ kind: 'crash PostgreSQL', awayMs }),
      () => ({ kind: 'kill a backend', which: random() }),
      () => (queue === 'redis' ? { kind: 'empty Redis' } : { kind: 'kill a backend', which: random() }),
      () =>
        queue === 'redis'
          ? { kind: 'restart Redis', signal: random() < 0.5 ? 'SIGTERM' : 'SIGKILL', awayMs }
          : { kind: 'kill a service', service },
      () => ({ kind: 'let a day pass at the pool' }),
    ];
    return makers[below(makers.length)]!();
  };
  const blows = Array.from({ length: MIN_BLOWS + below(MAX_BLOWS - MIN_BLOWS + 1) }, () => ({
    ...drawBlow(),
    atMs: below(STORM_MS),
  }));
  return { number, services, queue, blows: blows.sort((a, b) => a.atMs - b.atMs) };
}

/**
 * Each kind of blow once, within seconds. The crashes of PostgreSQL come first, since nothing is asked of the pool for half
 * a minute after them.
 */
export function shortEpisodeOf(seed: number, hasRedis: boolean): Episode {
  const random = createRandom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const drawStepMs = (): number => CLOCK_STEPS_MS[below(CLOCK_STEPS_MS.length)] ?? 0;
  const crashes: readonly TimedBlow[] = [
    { kind: 'crash PostgreSQL', awayMs: below(SHORT_AWAY_MS), atMs: 0 },
    { kind: 'kill a backend', which: random(), atMs: 2 * SHORT_AWAY_MS },
  ];
  const others: readonly Blow[] = [
    { kind: 'step a clock', service: 0, byMs: drawStepMs() },
    { kind: 'step the database’s clock', byMs: drawStepMs() },
    { kind: 'kill a service', service: 0 },
    { kind: 'freeze a service', service: 1, forMs: below(2 * SHORT_AWAY_MS) },
    { kind: 'run kpool sync' },
    { kind: 'let a day pass at the pool' },
    ...(hasRedis
      ? [
          { kind: 'empty Redis' } as const,
          { kind: 'restart Redis', signal: 'SIGKILL', awayMs: below(SHORT_AWAY_MS) } as const,
        ]
      : []),
  ];
  const blows: TimedBlow[] = [
    ...crashes,
    ...others.map((blow) => ({ ...blow, atMs: below(SHORT_STORM_MS) })),
    { kind: 'kill kpool sync', atMs: SHORT_STORM_MS },
  ];
  const queue = hasRedis ? 'redis' : 'postgres';
  return { number: null, services: 2, queue, blows: blows.sort((a, b) => a.atMs - b.atMs) };
}

export function describeEpisode({ number, services, queue, blows }: Episode): string {
  const lines = blows.map(({ atMs, kind, ...rest }) => {
    const details = Object.entries(rest).map(([name, value]) => `${name} ${value}`);
    return `  ${(atMs / 1_000).toFixed(1).padStart(5)} s  ${[kind, ...details].join(', ')}`;
  });
  return [
    `${number === null ? 'short episode' : `episode ${number}`}: ${services} service(s), jobs in ${queue}`,
    ...lines,
  ].join('\n');
}
