import fc from 'fast-check';
import type { Worker } from '../../../src/domain/entities';
import { WorkerPager } from '../../../src/domain/fleet/worker-pager';
import type { WorkerId } from '../../../src/domain/ids';
import type { Page } from '../../../src/domain/page';
import { createRandom } from '../../../src/simulator/random';

function workerOf(id: number): Worker {
  return {
    workerId: BigInt(id) as WorkerId,
    workerName: `w${id}`,
    realHps: null,
    hourHps: null,
    dayHps: null,
    hashUnit: null,
    rejectRate: null,
    lastShareAtMs: null,
    status: null,
    extra: null,
  };
}

/** A page of a list that is served `size` rows at a time. */
function pageOf(
  list: readonly number[],
  currentPage: number,
  size: number,
  totalNum = list.length,
): Page<Worker> {
  const rows = list.slice((currentPage - 1) * size, currentPage * size).map(workerOf);
  return { rows, unreadable: [], answeredAtMs: 0, currentPage, pageSize: size, totalNum, totalPage: null };
}

/** Pages through a list that may change after each read; returns the pages that were read and the workers seen. */
function pageAll(serve: (currentPage: number, read: number, rows: number | null) => Page<Worker>): {
  pager: WorkerPager;
  pages: number[];
  seen: Set<bigint>;
} {
  const pager = new WorkerPager('ACTIVE');
  const pages: number[] = [];
  const seen = new Set<bigint>();
  for (let next = pager.nextPage; next !== null; next = pager.nextPage) {
    const page = serve(next, pages.length, pager.nextRows);
    pages.push(next);
    for (const { workerId } of page.rows) seen.add(workerId);
    pager.add(page);
    if (pages.length > 1_000) throw new Error('The pager does not end.');
  }
  return { pager, pages, seen };
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

describe('a list that does not change', () => {
  test.each([
    [0, 100, [1]],
    [1, 100, [1]],
    [100, 100, [1]],
    [101, 100, [1, 2]],
    [250, 100, [1, 2, 3]],
    [60, 30, [1, 2]],
  ])('of %i workers, %i a page, takes the pages %j', (count, size, expected) => {
    const { pager, pages, seen } = pageAll((page) => pageOf(numbers(count), page, size));
    expect({ pages, seen: seen.size, why: pager.contradiction }).toEqual({
      pages: expected,
      seen: count,
      why: null,
    });
  });
});

describe('a list that changes while it is paged', () => {
  test('shows every worker that stays while others come and go', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 0, max: 60 }),
        fc.array(fc.record({ read: fc.nat(12), leaves: fc.nat(60), joins: fc.boolean() }), { maxLength: 5 }),
        (size, count, changes) => {
          let list = numbers(count).map((id) => id * 10);
          const left = new Set<number>();
          const moved = new Set<number>();
          const { pager, seen } = pageAll((page, read, rows) => {
            const answer = pageOf(list, page, rows ?? size);
            // Only one change between two reads, because two of them may leave the count unchanged.
            const change = changes.find((other) => other.read === read && !moved.has(read));
            if (change !== undefined && list.length > 0) {
              moved.add(read);
              const at = change.leaves % list.length;
              if (change.joins)
                list = [...list.slice(0, at), list[at]! - 1 - read / 100, ...list.slice(at)].map(Math.ceil);
              else {
                left.add(list[at]!);
                list = list.filter((_, index) => index !== at);
              }
              list = [...new Set(list)];
            }
            return answer;
          });
          if (pager.contradiction !== null) return;
          const stayed = numbers(count)
            .map((id) => id * 10)
            .filter((id) => !left.has(id));
          expect(stayed.filter((id) => !seen.has(BigInt(id)))).toEqual([]);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test('has the previous page read again if the count changes', () => {
    const before = numbers(30);
    const after = before.slice(5);
    const { pager, pages, seen } = pageAll((page, read) => pageOf(read === 0 ? before : after, page, 10));
    expect(pager.contradiction).toBeNull();
    expect(pages).toEqual([1, 2, 1, 2, 3]);
    expect(seen.size).toBe(30);
  });

  test('is paged to its end once, although it always grows', () => {
    const { pages, seen } = pageAll((page, read, rows) =>
      pageOf(numbers(500), page, rows ?? 100, 500 + read),
    );
    expect({ seen: seen.size, starts: pages.filter((page) => page === 1).length }).toEqual({
      seen: 500,
      starts: 1,
    });
  });

  test.each([
    [0.1, 1.25],
    [0.5, 1.3],
    [1, 1.3],
    [2.5, 1.35],
    [10, 1.5],
  ])('shows all who stay: %d changes a read, %d × the pages', (churn, most) => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (seed) => {
        const random = createRandom(seed);
        const isActive = new Map(numbers(5_000).map((id) => [id, random() < 0.8]));
        const stayed = new Set([...isActive].filter(([, active]) => active).map(([id]) => id));
        const atFirst = stayed.size;
        const { pager, pages, seen } = pageAll((page, _, rows) => {
          for (let left = churn; left > 0; left -= 1) {
            if (random() >= left) break;
            const id = 1 + Math.floor(random() * 5_000);
            stayed.delete(id);
            isActive.set(id, isActive.get(id) !== true);
          }
          const list = [...isActive].filter(([, active]) => active).map(([id]) => id);
          return pageOf(list, page, rows ?? 100);
        });
        expect(pager.contradiction).toBeNull();
        // Before a change is noticed, one worker may leave and another join between the same two reads.
        expect([...stayed].filter((id) => !seen.has(BigInt(id))).length).toBeLessThanOrEqual(1);
        expect(pages.length).toBeLessThanOrEqual((most * atFirst) / 100 + 6);
      }),
      { numRuns: 12 },
    );
  });
});

describe('a list that contradicts its count', () => {
  test('is read again if fewer workers are served than counted', () => {
    const { pager, pages } = pageAll((page) => pageOf(numbers(25), page, 10, 27));
    expect(pager.contradiction).toBe('the pool counts 27 workers and serves 25');
    expect(pages.filter((page) => page === 1)).toHaveLength(3);
  });

  test('is read beyond a full page if more are served', () => {
    const { pager, seen } = pageAll((page) => pageOf(numbers(25), page, 10, 18));
    expect({ why: pager.contradiction, seen: seen.size }).toEqual({ why: null, seen: 25 });
  });

  test('ends although the server repeats one page forever', () => {
    const serve = (page: number) => ({ ...pageOf(numbers(10), 1, 10, 40), currentPage: page });
    expect(pageAll(serve).pager.contradiction).not.toBeNull();
  });

  test('is complete although one row slips between pages', () => {
    const { pager, seen } = pageAll((page, read) =>
      pageOf(numbers(2_000).slice(read > 3 ? 1 : 0), page, 100),
    );
    expect({ why: pager.contradiction, seen: seen.size }).toEqual({ why: null, seen: 2_000 });
  });

  test('may name a worker twice if the count agrees', () => {
    const list = [1, 2, 2, 3, 4];
    expect(pageAll((page) => pageOf(list, page, 5)).pager.contradiction).toBeNull();
    expect(pageAll((page) => pageOf(list, page, 4)).pager.contradiction).toBeNull();
    expect(pageAll((page) => pageOf(list, page, 5, 6)).pager.contradiction).not.toBeNull();
    expect(pageAll((page) => pageOf(list, page, 2)).pager.contradiction).not.toBeNull();
  });

  test('counts an unreadable row as served, once', () => {
    const { pager } = pageAll((page) => ({
      ...pageOf(numbers(12), page, 10, 13),
      unreadable: page === 2 ? [{ raw: '{}', reason: 'the item says nothing' }] : [],
    }));
    expect({ why: pager.contradiction, unreadable: pager.unreadable.length }).toEqual({
      why: null,
      unreadable: 1,
    });
  });
});
