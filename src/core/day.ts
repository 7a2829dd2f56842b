/** Midnight in UTC of a day written YYYY-MM-DD, ms since the epoch; null when no calendar has that day. */
export function findDay(text: string): number | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return null;
  const dayMs = Date.parse(`${text}T00:00:00Z`);
  // Date.parse moves 02-30 to March: such a day is a mistake.
  return Number.isNaN(dayMs) || new Date(dayMs).toISOString().slice(0, 10) !== text ? null : dayMs;
}
