/** A noun after its number: `row` after 1, `rows` after all others. */
export function plural(count: number, singular: string): string {
  return count === 1 ? singular : `${singular}s`;
}
