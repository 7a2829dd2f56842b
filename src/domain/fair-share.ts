/**
 * The most that each of some takers may have, so that together they take no more than `budget` and what the small ones
 * leave goes to the large ones: the whole part of the level at which `sum(min(size, level)) = budget`. Infinity when
 * all fit. At least 1, so that none waits for ever where there are more takers than the budget has parts.
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
