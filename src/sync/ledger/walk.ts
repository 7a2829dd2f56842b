import { hashMultiset } from '../../domain/content-hash';
import type { IncomeRow } from '../../domain/income';
import { contentOf } from '../../domain/ledger-matching';
import { servedCount, type UnreadableRow } from '../../domain/page';
import { contains, requestBounds, type Window } from '../../domain/windows';
import { MAX_PAGE_SIZE, MIN_PAGE_SIZE, type PageSource, type SliceRead, type SliceRows } from './slice';

const MAX_PASSES = 8;
const MAX_PAGES = 20_000;
/**
 * Page sizes differ from pass to pass: a server whose order among equal rows changes with the page would
 * otherwise serve the same duplicate and the same gap twice, and two wrong passes would agree.
 */
const PAGE_SIZE_STEP = 7;

interface Pass extends SliceRows {
  /** Null when all pages agreed with each other. */
  readonly contradiction: string | null;
  /** Rows that single pages prove: a row that two pages served may be one that moved between them. */
  readonly proven: readonly IncomeRow[];
}

/** Collects rows over several responses, each as often as the one response did that served it most often. */
class ProvenRows {
  private readonly byContent = new Map<string, IncomeRow[]>();

  add(page: readonly IncomeRow[]): void {
    const ofPage = new Map<string, IncomeRow[]>();
    for (const row of page) {
      const content = contentOf(row);
      const equals = ofPage.get(content);
      if (equals === undefined) ofPage.set(content, [row]);
      else equals.push(row);
    }
    for (const [content, equals] of ofPage) {
      if (equals.length > (this.byContent.get(content)?.length ?? 0)) this.byContent.set(content, equals);
    }
  }

  get rows(): readonly IncomeRow[] {
    return [...this.byContent.values()].flat();
  }
}

async function readPass(
  source: PageSource,
  window: Window,
  poolNowMs: number,
  pageSize: number,
): Promise<Pass> {
  const bounds = requestBounds(window, poolNowMs);
  const rows: IncomeRow[] = [];
  const proven = new ProvenRows();
  const unreadable: UnreadableRow[] = [];
  let [served, totalNum]: [number, number | null] = [0, null];
  let contradiction: string | null = null;
  for (let currentPage = 1; currentPage <= MAX_PAGES; currentPage += 1) {
    const page = await source.ask({ ...bounds, currentPage, pageSize });
    if (totalNum !== null && totalNum !== page.totalNum) {
      contradiction = `the count moved from ${totalNum} to ${page.totalNum} between two pages`;
    }
    totalNum = page.totalNum;
    const inside = page.rows.filter((row) => contains(window, row.minedAtMs));
    rows.push(...inside);
    proven.add(inside);
    unreadable.push(...page.unreadable);
    served += servedCount(page);
    if (servedCount(page) === 0 || served >= totalNum) break;
  }
  if (totalNum !== served) {
    contradiction ??= `the pool counts ${totalNum ?? 0} rows and serves ${served} on all pages`;
  }
  const outside = served - rows.length - unreadable.length;
  return {
    rows,
    unreadable,
    totalNum: (totalNum ?? 0) - outside,
    contradiction,
    proven: proven.rows,
  };
}

function hashPass(pass: Pass): string {
  return hashMultiset([...pass.rows.map(contentOf), ...pass.unreadable.map((row) => row.raw)]);
}

/**
 * Reads a window page by page, in passes, until two in a row agree: for what no single response can hold (many
 * rows on one instant, a server that ignores the bounds).
 */
export async function walkWindow(source: PageSource, window: Window, poolNowMs: number): Promise<SliceRead> {
  let previous: { pass: Pass; hash: string } | null = null;
  for (let n = 0; n < MAX_PASSES; n += 1) {
    const pageSize = Math.max(MIN_PAGE_SIZE, MAX_PAGE_SIZE - n * PAGE_SIZE_STEP);
    const pass = await readPass(source, window, poolNowMs, pageSize);
    const hash = hashPass(pass);
    if (pass.contradiction === null && previous?.pass.contradiction === null && previous.hash === hash) {
      return { kind: 'complete', rows: pass.rows, unreadable: pass.unreadable, totalNum: pass.totalNum };
    }
    previous = { pass, hash };
  }
  return {
    kind: 'inconsistent',
    why: previous?.pass.contradiction ?? 'no two passes over its pages agree',
    rows: previous?.pass.proven ?? [],
    unreadable: previous?.pass.unreadable ?? [],
    totalNum: previous?.pass.totalNum ?? 0,
  };
}
