import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/**
 * What a call of kpool costs in CPU, against `node -e 0` in the same run:
 *
 *     npm run build && node -r ./test/support/typescript-hook.cjs bench/cli.ts
 *
 * `status` asks a database that is not there: what is measured is what it loads, not what it reads.
 */
const KPOOL = join(__dirname, '..', 'dist', 'src', 'cli', 'kpool.js');
const ROUNDS = 7;
const CALLS = [
  { name: 'node -e 0', args: ['-e', '0'], target: 1 },
  { name: 'kpool --help', args: [KPOOL, '--help'], target: 3 },
  { name: 'kpool status', args: [KPOOL, 'status'], target: 5 },
];
const ENV = {
  PATH: process.env['PATH'] ?? '',
  HOME: '/nonexistent',
  DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
};

/** User and system time of one call, s: the shell's own account of its children. */
function cpuOf(args: readonly string[]): number {
  const script = '"$@" >/dev/null 2>&1; times';
  const told = execFileSync('sh', ['-c', script, 'sh', process.execPath, ...args], {
    env: ENV,
    encoding: 'utf8',
  });
  const ofChildren = told.trim().split('\n').at(-1) ?? '';
  return [...ofChildren.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds),
    0,
  );
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

const seconds = CALLS.map((): number[] => []);
for (let round = 0; round < ROUNDS; round++) {
  CALLS.forEach(({ args }, index) => seconds[index]?.push(cpuOf(args)));
}
const base = median(seconds[0] ?? []);
CALLS.forEach(({ name, target }, index) => {
  const cpu = median(seconds[index] ?? []);
  const ratio = cpu / base;
  process.stdout.write(
    `${name.padEnd(14)} ${(cpu * 1_000).toFixed(0).padStart(5)} ms  ${ratio.toFixed(1)}×  target ≤ ${target}×  ${ratio <= target ? 'met' : 'missed'}\n`,
  );
});
