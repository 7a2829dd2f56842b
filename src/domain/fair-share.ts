/**
 * The limit per taker, such that all of them together stay within `budget` and what small takers leave over goes to
 * large ones: the level at which `sum(min(size, level)) = budget`, rounded down. Infinity when all fit. At least 1, so
 * that every taker makes progress.
 */
export function fairShare(budget: number, sizes: readonly number[]): number {
  let left = budget;
  const ascending = [...sizes].sort((a, b) => a - b);
  for (const [index, size] of ascending.entries()) {
    const level = left / (ascending.length - index);
    if (size > level) return Math.max(1, Math.floor(level));
    left -= size;
  }
  return Infinity;
}
