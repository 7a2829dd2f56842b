import { plural } from '../../core/plural';

/**
 * Groups the integer digits of a number's text: `-1234567.000100` becomes `-1,234,567.000100`. The text is not parsed, so
 * no digit can change; a text that is not a plain decimal number is returned unchanged.
 */
export function groupDigits(text: string): string {
  const match = /^(-?)(\d+)(\.\d+)?$/.exec(text);
  if (match === null) return text;
  const [, sign = '', integer = '', fraction = ''] = match;
  return sign + integer.replace(/\B(?=(?:\d{3})+$)/g, ',') + fraction;
}

/** `1 window`, `2,000 windows`. */
export function formatCount(count: number, singular: string): string {
  return `${groupDigits(String(count))} ${plural(count, singular)}`;
}
