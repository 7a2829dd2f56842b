/**
 * A number's text with its integer digits in groups of three: `-1234567.000100` is `-1,234,567.000100`. Nothing is
 * parsed, so no digit can change; a text that is no plain decimal number comes back as it is.
 */
export function groupDigits(text: string): string {
  const match = /^(-?)(\d+)(\.\d+)?$/.exec(text);
  if (match === null) return text;
  const [, sign = '', integer = '', fraction = ''] = match;
  return sign + integer.replace(/\B(?=(?:\d{3})+$)/g, ',') + fraction;
}

/** `1 window`, `2,000 windows`. */
export function countOf(count: number, singular: string, plural = `${singular}s`): string {
  return `${groupDigits(String(count))} ${count === 1 ? singular : plural}`;
}
