import { cpus, totalmem } from 'node:os';
import Table from 'cli-table3';
import type { Bench, JudgedFigure } from './figure';

/** What a benchmark measured. */
export interface Outcome {
  readonly bench: Pick<Bench, 'name' | 'title'>;
  readonly figures: readonly JudgedFigure[];
}

const GIB = 2 ** 30;
const HEAD = ['figure', 'median', 'spread', 'baseline', 'ratio', 'target', ''];

/** Three significant digits: figures of a noisy machine have no more. */
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

/** The machine of the measurement, in one line. */
export const machine = (): string => {
  const [first, ...others] = cpus();
  return `${others.length + 1} × ${first?.model.trim() ?? 'unknown'}, ${Math.round(totalmem() / GIB)} GiB, Node ${process.version}`;
};

/** All figures in one table, for a terminal. */
export function tableOf(outcomes: readonly Outcome[]): string {
  const table = new Table({ head: HEAD, style: { head: [], border: [] } });
  for (const { figures } of outcomes) table.push(...figures.map(cellsOf));
  return table.toString();
}

/** The figures of one benchmark as a section of a page, dated. `day`: `2026-11-28`. */
export function sectionOf({ bench, figures }: Outcome, day: string): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rows = [row(HEAD), row(HEAD.map(() => '---')), ...figures.map((figure) => row(cellsOf(figure)))];
  return `### ${bench.name}\n\n${bench.title}. Measured on ${day}: ${machine()}.\n\n${rows.join('\n')}`;
}
