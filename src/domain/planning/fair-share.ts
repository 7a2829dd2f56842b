/**
 * The largest share per taker with which all takers together stay within `budget`, where small takers leave what they
 * do not need to large ones: the level at which `sum(min(size, level)) = budget`, rounded down. Infinity if all fit. At
 * least 1, so that every taker makes progress.
 */
export function computeFairShare(budget: number, sizes: readonly number[]): number {
  let left = budget;
  const ascending = [...sizes].sort((a, b) => a - b);
  for (const [index, size] of ascending.entries()) {
    const level = left / (ascending.length - index);
    if (size > level) return Math.max(1, Math.floor(level));
    left -= size;
  }
  return Infinity;
}
