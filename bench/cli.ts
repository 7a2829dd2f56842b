import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { atMost, type Bench, type Figure } from './figure';

const KPOOL = join(__dirname, '..', 'dist', 'src', 'cli', 'kpool.js');
const ROUNDS = 7;
const BASELINE = ['-e', '0'];
/** `status` asks a database that does not exist, so that only what it loads is measured. */
const CALLS = [
  { command: '--help', bound: 3 },
  { command: 'status', bound: 5 },
];
const ENV = {
  PATH: process.env['PATH'] ?? '',
  HOME: '/nonexistent',
  DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
};

/** The kernel counts CPU time in ticks of 10 ms, so this many calls are measured together. */
const CALLS_TOGETHER = 20;

/** User and system time of a call, ms, as the shell accounts for its children. */
function cpuMsOf(args: readonly string[]): number {
  const script = `for n in $(seq ${CALLS_TOGETHER}); do "$@" >/dev/null 2>&1; done; times`;
  const told = execFileSync('sh', ['-c', script, 'sh', process.execPath, ...args], {
    env: ENV,
    encoding: 'utf8',
  });
  const ofChildren = told.trim().split('\n').at(-1) ?? '';
  return [...ofChildren.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + ((Number(minutes) * 60 + Number(seconds)) * 1_000) / CALLS_TOGETHER,
    0,
  );
}

function run(): Promise<readonly Figure[]> {
  const baseline: number[] = [];
  const values = CALLS.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round += 1) {
    baseline.push(cpuMsOf(BASELINE));
    CALLS.forEach(({ command }, index) => values[index]?.push(cpuMsOf([KPOOL, command])));
  }
  return Promise.resolve(
    CALLS.map(({ command, bound }, index) => ({
      what: `kpool ${command}, CPU ms`,
      values: values[index] ?? [],
      baseline: { name: 'node -e 0', values: baseline },
      target: atMost(bound),
    })),
  );
}

export const cli: Bench = {
  name: 'cli',
  title: 'What a command costs before it does anything',
  minutes: 1,
  run,
};
