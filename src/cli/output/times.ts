import {
  millisecondsInDay,
  millisecondsInHour,
  millisecondsInMinute,
  millisecondsInSecond,
} from 'date-fns/constants';

const TIME_UNITS = [
  ['day', millisecondsInDay],
  ['h', millisecondsInHour],
  ['min', millisecondsInMinute],
  ['s', millisecondsInSecond],
] as const;

/** A duration in its two largest units, rounded down: `2 days 3 h`, `4 min`, `59 s`; `0 s` below one second. */
export function formatDuration(durationMs: number): string {
  const wholeMs = Math.max(0, Math.floor(durationMs));
  const first = TIME_UNITS.findIndex(([, unitMs]) => wholeMs >= unitMs);
  if (first === -1) return '0 s';
  let restMs = wholeMs;
  const parts: string[] = [];
  for (const [name, unitMs] of TIME_UNITS.slice(first, first + 2)) {
    const count = Math.floor(restMs / unitMs);
    restMs -= count * unitMs;
    if (count > 0) parts.push(`${count} ${name === 'day' && count > 1 ? 'days' : name}`);
  }
  return parts.join(' ');
}

/** An instant relative to `nowMs`: `4 min ago`, `in 2 h`, `just now` within a second. */
export function formatRelative(instantMs: number, nowMs: number): string {
  const agoMs = nowMs - instantMs;
  if (Math.abs(agoMs) < 1_000) return 'just now';
  return agoMs > 0 ? `${formatDuration(agoMs)} ago` : `in ${formatDuration(-agoMs)}`;
}
