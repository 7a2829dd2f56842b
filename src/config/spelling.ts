/** Two typos are a misspelling; three make another word. */
const MAX_TYPOS = 2;

/** The candidate that `word` was probably meant to be, or null. A letter swapped, lost, added or wrong counts one. */
export function findClosest(word: string, candidates: Iterable<string>): string | null {
  let closest: string | null = null;
  let fewest = MAX_TYPOS + 1;
  const meant = word.toUpperCase();
  for (const candidate of candidates) {
    const slips = countTypos(meant, candidate.toUpperCase());
    if (slips < fewest) [closest, fewest] = [candidate, slips];
  }
  return closest;
}

/** Damerau-Levenshtein distance (optimal string alignment); more than MAX_TYPOS is not counted to the end. */
function countTypos(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > MAX_TYPOS) return MAX_TYPOS + 1;
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      const shifted = 1 + Math.min(previous[column] ?? 0, current[column - 1] ?? 0);
      const swappable = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      const swapped = swappable ? (beforePrevious[column - 2] ?? 0) + 1 : Infinity;
      current.push(Math.min(replaced, shifted, swapped));
    }
    // No later row has less than the least of two rows in succession.
    if (Math.min(...previous, ...current) > MAX_TYPOS) return MAX_TYPOS + 1;
    [beforePrevious, previous] = [previous, current];
  }
  return previous[b.length] ?? 0;
}
