import { hashMultiset } from '../../domain/content-hash';
import type { IncomeRow } from '../../domain/income';
import { contentOf } from '../../domain/ledger-matching';
import { servedCount, type UnreadableRow } from '../../domain/page';
import { contains, requestBounds, type Window } from '../../domain/windows';
import { MAX_PAGE_SIZE, MIN_PAGE_SIZE, type AskPage, type SliceRead, type SliceRows } from './slice';

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
}

async function readPass(ask: AskPage, window: Window, poolNowMs: number, pageSize: number): Promise<Pass> {
  const bounds = requestBounds(window, poolNowMs);
  const rows: IncomeRow[] = [];
  const unreadable: UnreadableRow[] = [];
  let totalNum: number | null = null;
  let contradiction: string | null = null;
  for (let currentPage = 1; currentPage <= MAX_PAGES; currentPage += 1) {
    const page = await ask({ ...bounds, currentPage, pageSize });
    if (totalNum !== null && totalNum !== page.totalNum) {
      contradiction = `the count moved from ${totalNum} to ${page.totalNum} between two pages`;
    }
    totalNum = page.totalNum;
    rows.push(...page.rows);
    unreadable.push(...page.unreadable);
    const served = rows.length + unreadable.length;
    if (servedCount(page) === 0 || served >= totalNum) break;
  }
  const served = rows.length + unreadable.length;
  if (totalNum !== served)
    contradiction ??= `the pool counts ${totalNum ?? 0} rows and serves ${served} on all pages`;
  const inside = rows.filter((row) => contains(window, row.minedAtMs));
  return {
    rows: inside,
    unreadable,
    totalNum: (totalNum ?? 0) - (rows.length - inside.length),
    contradiction,
  };
}

function hashPass(pass: Pass): string {
  return hashMultiset([...pass.rows.map(contentOf), ...pass.unreadable.map((row) => row.raw)]);
}

/**
 * Reads a window page by page, in passes, until two in a row agree: for what no single response can hold (many
 * rows on one instant, a server that ignores the bounds).
 */
export async function walkWindow(ask: AskPage, window: Window, poolNowMs: number): Promise<SliceRead> {
  let previous: { pass: Pass; hash: string } | null = null;
  for (let n = 0; n < MAX_PASSES; n += 1) {
    const pageSize = Math.max(MIN_PAGE_SIZE, MAX_PAGE_SIZE - n * PAGE_SIZE_STEP);
    const pass = await readPass(ask, window, poolNowMs, pageSize);
    const hash = hashPass(pass);
    if (pass.contradiction === null && previous?.pass.contradiction === null && previous.hash === hash) {
      return { kind: 'complete', rows: pass.rows, unreadable: pass.unreadable, totalNum: pass.totalNum };
    }
    previous = { pass, hash };
  }
  const why = previous?.pass.contradiction ?? 'no two passes over its pages agree';
  const rows = previous?.pass.rows ?? [];
  return {
    kind: 'inconsistent',
    why,
    rows,
    unreadable: previous?.pass.unreadable ?? [],
    totalNum: previous?.pass.totalNum ?? 0,
  };
}
