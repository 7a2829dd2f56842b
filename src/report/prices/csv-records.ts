const BOM = '\uFEFF';
/** Characters; a row of prices has a hundred. */
const MAX_LINE_LENGTH = 65_536;
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

/** Lines of a text that comes in pieces, whatever ends them; a last line without an end counts. */
async function* readLines(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split(/\r\n|\n|\r(?=[^])/);
    rest = lines.pop() ?? '';
    if (rest.length > MAX_LINE_LENGTH) yield* [...lines, rest.slice(0, MAX_LINE_LENGTH + 1)];
    else yield* lines;
    // Nobody reads on behind a line that is too long, so nothing more of it is kept.
    if (rest.length > MAX_LINE_LENGTH) return;
  }
  yield rest.replace(/\r$/, '');
}

/**
 * The records of a CSV file, each with the line on which it stands, counted from 1, in memory for one piece of the file. Its
 * cells hold no line breaks, with commas, semicolons or tabs between them; empty lines are none. Cells are null where a
 * quote does not close, and on a line of more than 65,536 characters, which is the last that is read.
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
