const BOM = '\uFEFF';
const DELIMITERS = [',', ';', '\t'] as const;

/** The delimiter that the header uses most. */
function delimiterOf(header: string): string {
  const countOf = (delimiter: string): number => header.split(delimiter).length;
  return DELIMITERS.reduce<string>((best, each) => (countOf(each) > countOf(best) ? each : best), ',');
}

/** Cells of one line; a quote that does not close leaves null. */
function cellsOf(line: string, delimiter: string): readonly string[] | null {
  if (!line.includes('"')) return line.split(delimiter).map((cell) => cell.trim());
  const cells: string[] = [];
  let cell = '';
  let isQuoted = false;
  for (let i = 0; i < line.length; i += 1) {
    const char = line.charAt(i);
    if (char === '"' && isQuoted && line.charAt(i + 1) === '"') {
      cell += char;
      i += 1;
    } else if (char === '"') isQuoted = !isQuoted;
    else if (char === delimiter && !isQuoted) {
      cells.push(cell.trim());
      cell = '';
    } else cell += char;
  }
  return isQuoted ? null : [...cells, cell.trim()];
}

/**
 * The records of a CSV file, each with the line on which it stands, counted from 1. Its cells hold no line breaks, with commas, semicolons or tabs between them; empty lines are
 * none. Cells are null where a quote does not close.
 */
export function* readCsvRecords(text: string): Generator<{ line: number; cells: readonly string[] | null }> {
  const lines = (text.startsWith(BOM) ? text.slice(BOM.length) : text).split(/\r\n|\n|\r/);
  const delimiter = delimiterOf(lines.find((line) => line.trim() !== '') ?? '');
  for (const [i, line] of lines.entries())
    if (line.trim() !== '') yield { line: i + 1, cells: cellsOf(line, delimiter) };
}
