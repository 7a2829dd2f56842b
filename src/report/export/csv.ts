import { stringify } from 'csv-stringify/sync';

/**
 * A spreadsheet takes for a formula what begins so (OWASP, "CSV Injection"), blanks and invisible characters before it or
 * not. A cell may begin inside the text, too: in countries that write decimals with a comma, a semicolon separates cells.
 */
const STARTS_A_FORMULA = /(^|[;\t\r\n])(?=[\s\p{C}\p{Z}]*[=+\-@\uff1d\uff0b\uff0d\uff20])/gu;

/** A text that no spreadsheet runs: an apostrophe stands before what would start a formula. */
export function asText(text: string | null): string {
  return text === null ? '' : text.replace(STARTS_A_FORMULA, "$1'");
}

/** Lines of CSV (RFC 4180, but with a line feed alone at their ends). Cells are taken as they are. */
export function csvLines(rows: readonly (readonly string[])[]): string {
  return rows.length === 0 ? '' : stringify(rows.map((row) => [...row]));
}
