const BOM = '\uFEFF';
/** In characters; a row of prices has about a hundred. */
const MAX_LINE_LENGTH = 65_536;
const DELIMITERS = [',', ';', '\t'] as const;

/** The delimiter that the header uses most. */
function delimiterOf(header: string): string {
  const countOf = (delimiter: string): number => header.split(delimiter).length;
  return DELIMITERS.reduce<string>((best, each) => (countOf(each) > countOf(best) ? each : best), ',');
}

/** The cells of one line; null if a quote is not closed. */
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

/** The lines of a text that arrives in chunks, with any line ending; the last line needs none. */
async function* readLines(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split(/\r\n|\n|\r(?=[^])/);
    rest = lines.pop() ?? '';
    if (rest.length > MAX_LINE_LENGTH) yield* [...lines, rest.slice(0, MAX_LINE_LENGTH + 1)];
    else yield* lines;
    // Reading stops at a line that is too long, so the rest of it is not kept.
    if (rest.length > MAX_LINE_LENGTH) return;
  }
  yield rest.replace(/\r$/, '');
}

/**
 * The records of a CSV file with their line numbers, from 1, read chunk by chunk. Cells are separated by commas, semicolons
 * or tabs and contain no line breaks; empty lines are skipped. Cells are null if a quote is not closed, and for a line of more
 * than 65,536 characters, at which reading stops.
 */
export async function* readCsvRecords(
  chunks: AsyncIterable<string>,
): AsyncGenerator<{ line: number; cells: readonly string[] | null }> {
  let line = 0;
  let delimiter: string | null = null;
  for await (const raw of readLines(chunks)) {
    line += 1;
    const text = line === 1 && raw.startsWith(BOM) ? raw.slice(BOM.length) : raw;
    if (text.trim() === '') continue;
    delimiter ??= delimiterOf(text);
    yield { line, cells: text.length > MAX_LINE_LENGTH ? null : cellsOf(text, delimiter) };
  }
}
