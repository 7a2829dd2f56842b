import { shuffled, type Random } from '../random';

/** A sorted list with each run of equals in another order. */
export function shuffleTies<Item>(
  sorted: readonly Item[],
  areEqual: (a: Item, b: Item) => boolean,
  random: Random,
): Item[] {
  const result: Item[] = [];
  let run: Item[] = [];
  for (const item of sorted) {
    const [first] = run;
    if (first !== undefined && !areEqual(first, item)) {
      result.push(...shuffled(run, random));
      run = [];
    }
    run.push(item);
  }
  return result.concat(shuffled(run, random));
}
