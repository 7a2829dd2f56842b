/** Compares pages and reads of income regardless of order: which are the same, and what several of them prove. */
import type { IncomeRow } from '../income';
import type { Served, UnreadableRow } from '../page';
import { hashMultiset } from './content-hash';
import { contentOf, groupBy } from './ledger-matching';

const textOf = ({ raw }: UnreadableRow): string => raw;

const textsOf = ({ rows, unreadable }: Served<IncomeRow>): string[] => [
  ...rows.map(contentOf),
  ...unreadable.map(textOf),
];

/** SHA-256 (hex) of the rows as served, without unknown fields and regardless of order. */
export function hashContent(served: Served<IncomeRow>): string {
  return hashMultiset(textsOf(served));
}

/** Whether two pages or reads hold exactly the same rows, in any order. */
export function isSameContent(a: Served<IncomeRow>, b: Served<IncomeRow>): boolean {
  return hashContent(a) === hashContent(b);
}

/** Whether equal rows are on different pages. */
export function hasEqualsApart(pages: readonly Served<IncomeRow>[]): boolean {
  const texts = pages.flatMap((page) => [...new Set(textsOf(page))]);
  return new Set(texts).size < texts.length;
}

/** Each row as often as any single page holds it: even if rows moved between pages, it exists at least that often. */
export function selectProven(pages: readonly Served<IncomeRow>[]): Served<IncomeRow> {
  return {
    rows: mostOf(
      pages.map(({ rows }) => rows),
      contentOf,
    ),
    unreadable: mostOf(
      pages.map(({ unreadable }) => unreadable),
      textOf,
    ),
  };
}

function mostOf<Item>(lists: readonly (readonly Item[])[], identify: (item: Item) => string): Item[] {
  const most = new Map<string, readonly Item[]>();
  for (const [id, equals] of lists.flatMap((items) => [...groupBy(items, identify)]))
    if (equals.length > (most.get(id)?.length ?? 0)) most.set(id, equals);
  return [...most.values()].flat();
}
