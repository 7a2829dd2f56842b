/** When does a pass over the pages of a list end? (What its passes prove together: test/unit/sync/page-through.test.ts.) */
import { PagingPass } from '../../../src/domain/ledger/paging-pass';
import { MIN_PAGE_SIZE } from '../../../src/domain/page';
import { daily } from '../../support/memory-ledger';

test('P11 a list without an end is given up after 20,000 pages', () => {
  const twoPages = [daily(MIN_PAGE_SIZE), daily(MIN_PAGE_SIZE, 1 + MIN_PAGE_SIZE)] as const;
  const pass = new PagingPass(MIN_PAGE_SIZE);
  let pages = 0;
  for (let page = pass.nextPage; page !== null; page = pass.nextPage) {
    pass.add({
      // Only two pages in a row that are equal could be the end.
      rows: twoPages[page % 2]!,
      unreadable: [],
      answeredAtMs: 0,
      currentPage: page,
      pageSize: MIN_PAGE_SIZE,
      totalNum: null,
      totalPage: null,
    });
    pages += 1;
    if (pages > 20_000) break;
  }
  expect(pages).toBe(20_000);
  expect(pass.contradiction).toBe('the list has more than 20000 pages');
});
