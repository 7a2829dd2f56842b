import type { HeatRow, HeatSpan } from '../../report/page/syncing';
import type { HeatPiece } from '../charts/options';

/** From best to worst; a month gets the state of its worst span. */
export const HEAT_PIECES: readonly HeatPiece[] = [
  { label: 'certified', color: 'var(--good)' },
  { label: 'certified except rows in quarantine', color: 'var(--c4)' },
  { label: 'stale', color: 'var(--warn)' },
  { label: 'in doubt', color: 'var(--c5)' },
  { label: 'missing', color: 'var(--bad)' },
];
const MOST_MONTHS = 24;

interface Heat {
  /** `2026-10`, oldest first. */
  readonly months: readonly string[];
  /** For each row, the piece index of each month. */
  readonly rows: readonly (readonly number[])[];
}

function pieceOf(state: string): number {
  const index = ['certified', 'certified except', 'stale', 'in doubt', 'missing'].findLastIndex((word) =>
    state.startsWith(word),
  );
  return index < 0 ? 4 : index;
}

/** Converts spans of mining time to months (UTC). */
export function heatOf(lists: readonly HeatRow[], now: Date): Heat {
  const months = Array.from({ length: MOST_MONTHS }, (_none, back) =>
    new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - (MOST_MONTHS - 1 - back), 1))
      .toISOString()
      .slice(0, 7),
  );
  return { months, rows: lists.map(({ spans }) => months.map((month) => worstOf(spans, month))) };
}

function worstOf(spans: readonly HeatSpan[], month: string): number {
  const isIn = ({ from, to }: HeatSpan): boolean =>
    (from === null || from.slice(0, 7) <= month) && (to === null || to > `${month}-01`);
  return spans.filter(isIn).reduce((worst, { state }) => Math.max(worst, pieceOf(state)), 0);
}
