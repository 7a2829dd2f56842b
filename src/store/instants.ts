/**
 * An instant as PostgreSQL reads it, exact to the millisecond. ISO 8601 as JavaScript writes it puts a sign before
 * years beyond 9999, which PostgreSQL does not take.
 */
export function pgInstant(atMs: number): string {
  if (atMs === Infinity) return 'infinity';
  return new Date(atMs).toISOString().replace(/^\+0*/, '');
}

export function pgInstantOrNull(atMs: number | null): string | null {
  return atMs === null ? null : pgInstant(atMs);
}
