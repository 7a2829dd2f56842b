import { readFileSync, writeFileSync } from 'node:fs';
import { Argument, Command } from 'commander';
import { cli } from './cli';
import { judgeFigure, type Bench } from './figure';
import { replaceSections } from './figures-page';
import { machine, sectionOf, tableOf, type Outcome } from './figures-table';
import { firstSync } from './first-sync';
import { fleet } from './fleet';
import { fleetReports } from './fleet-reports';
import { install } from './install';
import { closeLargeDatabase } from './large-data';
import { limiters } from './limiters';
import { manyKeys } from './many-keys';
import { memory } from './memory';
import { metabaseScan } from './metabase-scan';
import { pacing } from './pacing';
import { pages } from './pages';
import { plans } from './plans';
import { reports } from './reports';
import { samples } from './samples';
import { service } from './service';
import { store } from './store';

/** In the order of the page written by `--write`. */
const BENCHES: readonly Bench[] = [
  firstSync,
  store,
  plans,
  memory,
  manyKeys,
  pacing,
  limiters,
  service,
  fleet,
  samples,
  reports,
  fleetReports,
  pages,
  metabaseScan,
  cli,
  install,
];

interface Options {
  readonly list?: boolean;
  readonly json?: boolean;
  readonly write?: string;
}

async function main(names: readonly string[], { list, json, write }: Options): Promise<void> {
  const chosen = names.length === 0 ? BENCHES : BENCHES.filter(({ name }) => names.includes(name));
  if (list === true) {
    for (const { name, title, minutes } of chosen)
      process.stdout.write(`${name.padEnd(14)} ${title} (${minutes} min)\n`);
    return;
  }
  const log = (line: string): void => void process.stderr.write(`${line}\n`);
  const outcomes: Outcome[] = [];
  try {
    for (const { name, title, minutes, run } of chosen) {
      log(`${name}: ${title} (about ${minutes} min)`);
      const figures = (await run((line) => log(`  ${line}`))).map(judgeFigure);
      outcomes.push({ bench: { name, title }, figures });
    }
  } finally {
    await closeLargeDatabase();
  }
  if (write !== undefined) {
    const day = new Date().toISOString().slice(0, 10);
    const sections = new Map(outcomes.map((outcome) => [outcome.bench.name, sectionOf(outcome, day)]));
    const names = BENCHES.map(({ name }) => name);
    writeFileSync(write, replaceSections(readFileSync(write, 'utf8'), sections, names));
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
  .option(
    '--write <page>',
    'write the figures into a page, e.g. docs/performance.md, beside those of benchmarks not run now',
  )
  .addHelpText('after', '\nExample:\n  npm run bench -- first-sync store')
  .action(main)
  .parseAsync();
