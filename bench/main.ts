import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import Table from 'cli-table3';
import { Argument, Command } from 'commander';
import { cli } from './cli';
import { judgeFigure, type Bench, type JudgedFigure } from './figure';
import { firstSync } from './first-sync';
import { install } from './install';
import { limiters } from './limiters';
import { manyKeys } from './many-keys';
import { memory } from './memory';
import { metabaseScan } from './metabase-scan';
import { pacing } from './pacing';
import { samples } from './samples';
import { store } from './store';

const BENCHES: readonly Bench[] = [
  firstSync,
  store,
  memory,
  manyKeys,
  pacing,
  limiters,
  samples,
  metabaseScan,
  cli,
  install,
];
const GIB = 2 ** 30;

interface Options {
  readonly list?: boolean;
  readonly json?: boolean;
  readonly write?: string;
}

interface Outcome {
  readonly bench: Pick<Bench, 'name' | 'title'>;
  readonly figures: readonly JudgedFigure[];
}

const HEAD = ['figure', 'median', 'spread', 'baseline', 'ratio', 'target', ''];

/** Three digits: a figure of a noisy machine has no more. */
function digits(value: number): string {
  return Math.abs(value) >= 100
    ? Math.round(value).toLocaleString('en')
    : String(Number(value.toPrecision(3)));
}

function cellsOf({ what, median, spread, baseline, ratio, target, isMet }: JudgedFigure): string[] {
  return [
    what,
    digits(median),
    spread[0] === spread[1] ? '' : `${digits(spread[0])} to ${digits(spread[1])}`,
    baseline === null ? '' : `${digits(baseline.median)} (${baseline.name})`,
    ratio === null ? '' : digits(ratio),
    target === null ? '' : `${target.is === 'at least' ? '≥' : '≤'} ${target.bound}`,
    isMet === null ? '' : isMet ? 'met' : 'missed',
  ];
}

const machine = (): string => {
  const [first, ...others] = cpus();
  return `${others.length + 1} × ${first?.model.trim() ?? 'unknown'}, ${Math.round(totalmem() / GIB)} GiB, Node ${process.version}`;
};

function tableOf(outcomes: readonly Outcome[]): string {
  const table = new Table({ head: HEAD, style: { head: [], border: [] } });
  for (const { figures } of outcomes) table.push(...figures.map(cellsOf));
  return table.toString();
}

function pageOf(outcomes: readonly Outcome[]): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const parts = outcomes.flatMap(({ bench, figures }) => [
    `### ${bench.name}`,
    `${bench.title}.`,
    [row(HEAD), row(HEAD.map(() => '---')), ...figures.map((figure) => row(cellsOf(figure)))].join('\n'),
  ]);
  return [`Measured on ${new Date().toISOString().slice(0, 10)}: ${machine()}.`, ...parts].join('\n\n');
}

/** Replaces what stands between the two marks of a page. */
function writeInto(page: string, text: string, read: (path: string) => string): void {
  const [BEGIN, END] = ['<!-- figures: npm run bench -- --write -->', '<!-- end of figures -->'];
  const old = read(page);
  const [from, to] = [old.indexOf(BEGIN), old.indexOf(END)];
  if (from === -1 || to === -1) throw new Error(`${page} lacks the line ${from === -1 ? BEGIN : END}`);
  writeFileSync(page, `${old.slice(0, from)}${BEGIN}\n\n${text}\n\n${old.slice(to)}`);
}

async function main(names: readonly string[], { list, json, write }: Options): Promise<void> {
  const chosen = names.length === 0 ? BENCHES : BENCHES.filter(({ name }) => names.includes(name));
  if (list === true) {
    for (const { name, title, minutes } of chosen)
      process.stdout.write(`${name.padEnd(12)} ${title} (${minutes} min)\n`);
    return;
  }
  const log = (line: string): void => void process.stderr.write(`${line}\n`);
  const outcomes: Outcome[] = [];
  for (const { name, title, minutes, run } of chosen) {
    log(`${name}: ${title} (about ${minutes} min)`);
    const figures = (await run((line) => log(`  ${line}`))).map(judgeFigure);
    outcomes.push({ bench: { name, title }, figures });
  }
  if (write !== undefined) {
    const { readFileSync } = await import('node:fs');
    writeInto(write, pageOf(outcomes), (path) => readFileSync(path, 'utf8'));
  }
  if (json === true) process.stdout.write(`${JSON.stringify({ machine: machine(), outcomes }, null, 2)}\n`);
  else process.stdout.write(`${machine()}\n${tableOf(outcomes)}\n`);
}

void new Command('npm run bench --')
  .description(
    'Measures kpool beside honest baselines, in turns; ratios can be trusted, seconds only on a quiet machine.',
  )
  .addArgument(new Argument('[name...]', 'only these').choices(BENCHES.map(({ name }) => name)))
  .option('--list', 'say what there is and how long it takes')
  .option('--json', 'print the figures as JSON')
  .option('--write <page>', 'write the figures into a page, e.g. docs/performance.md')
  .addHelpText('after', '\nExample:\n  npm run bench -- first-sync store')
  .action(main)
  .parseAsync();
