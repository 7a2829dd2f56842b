import { toPrintableJson } from '../../observability/printable';

/** A command's result for scripts; amounts and ids are text. */
export type OutputJson =
  string | number | boolean | null | readonly OutputJson[] | { readonly [name: string]: OutputJson };

/** Indented by two spaces, with a final newline. */
export function formatJson(value: OutputJson): string {
  return `${toPrintableJson(JSON.stringify(value, null, 2))}\n`;
}
