// The simulated pool in a process of its own. Words on its standard input, each answered by a line of JSON.
import { createInterface } from 'node:readline';
import { DAY_MS } from '../../src/core/day';
import { createSimulator, type Fault, type WorldSpec } from '../../src/simulator';
import { createRandom, type Random } from '../../src/simulator/random';
import { truthOf } from '../support/ledger-truth';

/** The program's argument, in JSON. */
export interface PoolOptions {
  readonly seed: number;
  readonly startAt: number;
  readonly faultShare: number;
  /** How much there is to read. */
  readonly world: Partial<WorldSpec>;
}

/** The answer to `report`: since the latest storm began. */
export interface PoolReport {
  readonly arrivals: number;
  /** The most arrivals in any second, by endpoint. */
  readonly mostInASecond: Readonly<Record<string, number>>;
}

/** The answer to `truth`: every live row as a line over all of its columns. */
export interface PoolTruth {
  readonly earnings: readonly string[];
  readonly rewards: readonly string[];
}

const SECOND_MS = 1_000;
const MAX_DELAY_MS = 3_000;

/** Refusals that stop an account, or make it wait for minutes, are left out: they are no crashes. */
const FAULTS: readonly ((random: Random) => Fault)[] = [
  () => ({ kind: 'reset', at: 'headers' }),
  () => ({ kind: 'reset', at: 'body' }),
  () => ({ kind: 'code', code: '500000' }),
  () => ({ kind: 'http', status: 502, body: 'html' }),
  () => ({ kind: 'truncate', framing: 'broken' }),
  () => ({ kind: 'truncate', framing: 'intact' }),
  () => ({ kind: 'body' }),
  () => ({ kind: 'hang-in-body' }),
  (random) => ({ kind: 'delay', ms: Math.floor(random() * MAX_DELAY_MS) }),
  (random) => ({ kind: 'delay', ms: Math.floor(random() * MAX_DELAY_MS) }),
];

async function main(options: PoolOptions): Promise<void> {
  const simulator = await createSimulator({
    seed: options.seed,
    startAt: options.startAt,
    rateLimit: null,
    latencyMs: { min: 5, max: 60 },
    world: options.world,
  });
  const random = createRandom(options.seed);
  let calm: (() => void) | null = null;
  const answers: Readonly<Record<string, () => unknown>> = {
    storm() {
      simulator.requests.clear();
      calm ??= simulator.faults.when(() =>
        random() < options.faultShare ? FAULTS[Math.floor(random() * FAULTS.length)]?.(random) : undefined,
      );
      return 'stormy';
    },
    calm() {
      calm?.();
      calm = null;
      return 'calm';
    },
    day() {
      simulator.clock.advance(DAY_MS);
      return 'passed';
    },
    report(): PoolReport {
      const endpoints = new Set(simulator.requests.entries.map(({ endpoint }) => endpoint));
      const mostInASecond = Object.fromEntries(
        [...endpoints].map((endpoint) => [
          endpoint,
          simulator.requests.maxArrivalsInWindow(endpoint, '*', SECOND_MS),
        ]),
      );
      return { arrivals: simulator.requests.entries.length, mostInASecond };
    },
    truth(): PoolTruth {
      return { earnings: truthOf(simulator, 'earnings'), rewards: truthOf(simulator, 'rewards') };
    },
  };
  const say = (value: unknown): boolean => process.stdout.write(`${JSON.stringify(value)}\n`);
  say({ url: simulator.url, account: simulator.accounts[0] });
  for await (const word of createInterface({ input: process.stdin })) {
    const answer = answers[word];
    if (answer === undefined) throw new Error(`What is ${word}?`);
    say(answer());
  }
  await simulator.close();
}

if (require.main === module) void main(JSON.parse(process.argv[2] ?? '{}') as PoolOptions);
