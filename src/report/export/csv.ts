import { stringify } from 'csv-stringify/sync';

/**
 * A spreadsheet takes what begins like this for a formula (OWASP, "CSV Injection"), also after blanks and invisible
 * characters. A cell may begin inside the text, too: in countries that write decimals with a comma, a semicolon
 * separates cells.
 */
const STARTS_A_FORMULA = /(^|[;\t\r\n])(?=[\s\p{C}\p{Z}]*[=+\-@\uff1d\uff0b\uff0d\uff20])/gu;

/** By this a spreadsheet knows that a file is in UTF-8. */
export const BYTE_ORDER_MARK = '\ufeff';
/** A spreadsheet shows a number of more digits as 1.23E+17, and forgets those beyond 15. */
const MOST_SHOWN_DIGITS = 11;

/** Makes an id one that a spreadsheet shows whole: a tab in front makes a text of it, and no reader of numbers minds. */
export function asId(id: string): string {
  return id.length > MOST_SHOWN_DIGITS ? `\t${id}` : id;
}

/** Makes a text safe for spreadsheets: an apostrophe precedes what would start a formula. */
export function asText(text: string | null): string {
  return text === null ? '' : text.replace(STARTS_A_FORMULA, "$1'");
}

/** Lines of CSV (RFC 4180, but with a line feed alone at their ends). Cells are taken as they are. */
export function csvLines(rows: readonly (readonly string[])[]): string {
  return rows.length === 0 ? '' : stringify(rows.map((row) => [...row]));
}
