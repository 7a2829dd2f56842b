import fc from 'fast-check';
import { computeFairShare } from '../../src/domain/planning/fair-share';

const takers = fc.array(fc.integer({ min: 0, max: 100_000 }), { maxLength: 60 });
const takenOf = (sizes: readonly number[], share: number): number =>
  sizes.reduce((sum, size) => sum + Math.min(size, share), 0);

test('shares never exceed what there is', () => {
  fc.assert(
    fc.property(takers, fc.integer({ min: 60, max: 50_000 }), (sizes, budget) => {
      expect(takenOf(sizes, computeFairShare(budget, sizes))).toBeLessThanOrEqual(budget);
    }),
  );
});

test('less than one unit per taker is left over', () => {
  fc.assert(
    fc.property(takers, fc.integer({ min: 0, max: 50_000 }), (sizes, budget) => {
      const wanted = takenOf(sizes, Infinity);
      const taken = takenOf(sizes, computeFairShare(budget, sizes));
      expect(taken).toBeGreaterThan(Math.min(wanted, budget) - Math.max(1, sizes.length));
    }),
  );
});

test('unused shares of small takers go to large ones', () => {
  expect(computeFairShare(100, [2, 3, 500, 500])).toBe(47);
  expect(computeFairShare(100, [2, 3])).toBe(Infinity);
  expect(computeFairShare(2, [5, 5, 5])).toBe(1);
});
