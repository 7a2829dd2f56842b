import { stringify } from 'csv-stringify/sync';

/**
 * What a spreadsheet takes for the start of a formula (OWASP, "CSV Injection"), also after spaces and invisible characters.
 * A cell may also start inside the text: where decimals are written with a comma, a semicolon separates cells.
 */
const STARTS_A_FORMULA = /(^|[;\t\r\n])(?=[\s\p{C}\p{Z}]*[=+\-@\uff1d\uff0b\uff0d\uff20])/gu;

/** The byte order mark, by which spreadsheets recognise UTF-8. */
export const BYTE_ORDER_MARK = '\ufeff';
/** Spreadsheets show longer numbers as 1.23E+17, and lose digits beyond 15. */
const MOST_SHOWN_DIGITS = 11;

/** Makes spreadsheets show an id in full: a leading tab turns it into text, and number parsers skip it. */
export function asId(id: string): string {
  return id.length > MOST_SHOWN_DIGITS ? `\t${id}` : id;
}

/** Makes a text safe for spreadsheets by putting an apostrophe before what would start a formula. */
export function asText(text: string | null): string {
  return text === null ? '' : text.replace(STARTS_A_FORMULA, "$1'");
}

/** Writes CSV lines (RFC 4180, but ending in LF). Cells are not changed. */
export function csvLines(rows: readonly (readonly string[])[]): string {
  return rows.length === 0 ? '' : stringify(rows.map((row) => [...row]));
}
