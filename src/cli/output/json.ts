import { toPrintableJson } from '../../observability/printable';

/** A command's result for scripts; amounts and ids are text. */
export type JsonValue =
  string | number | boolean | null | readonly JsonValue[] | { readonly [name: string]: JsonValue };

/** Indented by two spaces, with a final newline. */
export function formatJson(value: JsonValue): string {
  return `${toPrintableJson(JSON.stringify(value, null, 2))}\n`;
}
