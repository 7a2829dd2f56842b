import { toPrintableJson } from '../../observability/printable';

/** What a command hands to scripts: made of JSON's own values, amounts and ids as text. */
export type JsonValue =
  string | number | boolean | null | readonly JsonValue[] | { readonly [name: string]: JsonValue };

/** Two blanks deep, one newline at the end: for eyes and for programs. */
export function formatJson(value: JsonValue): string {
  return `${toPrintableJson(JSON.stringify(value, null, 2))}\n`;
}
