import type { IncomePoint } from '../../../report/page/income';
import type { PageFrame } from '../../../report/page/filter';

const MOST_BARS = 1_200;

/** The first day of every bar of the period, including bars without income, so that gaps are visible. */
export function barStarts(
  frame: Pick<PageFrame, 'from' | 'to' | 'by'>,
  points: readonly Pick<IncomePoint, 'start'>[],
): readonly string[] {
  const first = new Date(`${firstStart(frame, points)}T00:00:00Z`);
  const starts: string[] = [];
  while (starts.length < MOST_BARS) {
    const start = later(first, starts.length, frame.by);
    if (start > frame.to) break;
    starts.push(start);
  }
  return starts;
}

function firstStart(
  { from, by }: Pick<PageFrame, 'from' | 'by'>,
  [earliest]: readonly Pick<IncomePoint, 'start'>[],
): string {
  if (by === 'day') return from;
  return earliest !== undefined && earliest.start < from ? earliest.start : `${from.slice(0, 7)}-01`;
}

/** A day in UTC; days and months out of range carry over. */
function later(first: Date, count: number, by: PageFrame['by']): string {
  const [months, days] = by === 'month' ? [count, 0] : [0, count];
  const at = Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + months, first.getUTCDate() + days);
  return new Date(at).toISOString().slice(0, 10);
}

/** A bar's axis label: a month, or a day without its year. */
export function barLabel(start: string, by: PageFrame['by']): string {
  return by === 'month' ? start.slice(0, 7) : start.slice(5);
}
