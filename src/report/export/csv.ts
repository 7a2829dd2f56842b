import { stringify } from 'csv-stringify/sync';

/** A spreadsheet takes a cell that begins so for a formula (OWASP, "CSV Injection"). */
const STARTS_A_FORMULA = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;

/** A text that no spreadsheet runs: one that would start a formula gets an apostrophe before it. */
export function asText(text: string | null): string {
  return text !== null && STARTS_A_FORMULA.test(text) ? `'${text}` : (text ?? '');
}

/** Lines of CSV (RFC 4180, but with a line feed alone at their ends). Cells are taken as they are. */
export function csvLines(rows: readonly (readonly string[])[]): string {
  return rows.length === 0 ? '' : stringify(rows.map((row) => [...row]));
}
