import {
  millisecondsInDay,
  millisecondsInHour,
  millisecondsInMinute,
  millisecondsInSecond,
} from 'date-fns/constants';
import { digitsOf, findDecimal } from '../../core/decimal';

/** Decimals shown unless `exact=1`. */
const SHOWN_DECIMALS = 8;
const HASH_RATE_UNITS = ['H/s', 'kH/s', 'MH/s', 'GH/s', 'TH/s', 'PH/s', 'EH/s', 'ZH/s'] as const;

/** An amount cut, never rounded, to the decimals shown. */
export interface ShownAmount {
  readonly integer: string;
  readonly fraction: string;
  readonly isCut: boolean;
}

export function showAmount(amount: string, isExact: boolean): ShownAmount {
  const [integer = '0', fraction = ''] = amount.split('.');
  const decimals = isExact ? fraction.length : SHOWN_DECIMALS;
  const isCut = fraction.length > decimals;
  return { integer: groupInteger(integer), fraction: fraction.slice(0, decimals), isCut };
}

/** `1234567` as `1,234,567`. */
function groupInteger(integer: string): string {
  return integer.replace(/\B(?=(\d{3})+$)/g, ',');
}

export function showCount(count: number): string {
  return groupInteger(String(Math.round(count)));
}

export function isZero(amount: string): boolean {
  const decimal = findDecimal(amount);
  return decimal !== null && digitsOf(decimal).integer === 0 && digitsOf(decimal).fraction === 0;
}

/** The largest unit in which a rate is at least 1. */
export function unitOf(hps: number): { readonly unit: string; readonly size: number } {
  const step = hps < 1 ? 0 : Math.min(HASH_RATE_UNITS.length - 1, Math.floor(Math.log10(hps) / 3 + 1e-9));
  return { unit: HASH_RATE_UNITS[step] ?? 'H/s', size: 1_000 ** step };
}

export function showHashrate(hps: number | null): string {
  if (hps === null) return '–';
  const { unit, size } = unitOf(hps);
  return `${showRounded(hps / size, 2)} ${unit}`;
}

export function showPercent(share: number | null, decimals = 1): string {
  return share === null ? '–' : `${showRounded(share * 100, decimals)} %`;
}

/** A reject rate, which the pool gives in percent. */
export function showRejects(percent: number | null): string {
  return percent === null ? '–' : `${showRounded(percent, 3)} %`;
}

/** Rounded: for approximate figures, never for money. */
export function showRounded(value: number, decimals: number): string {
  return value.toFixed(decimals).replace(/\.?0+$/, '') || '0';
}

export function showDuration(ms: number): string {
  if (ms < millisecondsInMinute) return `${Math.max(1, Math.round(ms / millisecondsInSecond))} s`;
  if (ms < millisecondsInHour) return `${Math.round(ms / millisecondsInMinute)} min`;
  if (ms < 2 * millisecondsInDay)
    return `${showRounded(ms / millisecondsInHour, ms < 10 * millisecondsInHour ? 1 : 0)} h`;
  return `${Math.round(ms / millisecondsInDay)} days`;
}

/** `3 min ago`, `in 2 h`, `now`. */
export function showRelative(at: Date, now: Date): string {
  const ms = now.getTime() - at.getTime();
  if (Math.abs(ms) < 2 * millisecondsInSecond) return 'now';
  return ms > 0 ? `${showDuration(ms)} ago` : `in ${showDuration(-ms)}`;
}

/** `2026-10-31 14:05:09` in a time zone. */
export function showInstant(at: Date, zone: string): string {
  const parts = new Intl.DateTimeFormat('sv-SE', {
    timeZone: zone,
    dateStyle: 'short',
    timeStyle: 'medium',
  }).format(at);
  return `${parts} ${zone}`;
}

export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
