/** A cell of a worksheet; null is an empty one. */
export type Cell =
  | { readonly kind: 'heading' | 'text'; readonly text: string }
  | { readonly kind: 'number' | 'amount'; readonly value: number }
  /** As `2026-10-31`. */
  | { readonly kind: 'day'; readonly day: string }
  | null;

const DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const SPREADSHEET = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const RELATIONSHIPS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const CONTENT = 'application/vnd.openxmlformats-officedocument.spreadsheetml';
const DAY_MS = 86_400_000;
/** Day 0 of a spreadsheet: its day 1 is 1900-01-01, and it counts a 29 February 1900. */
const DAY_ZERO_MS = Date.UTC(1899, 11, 30);
/** What a cell can hold. */
const MAX_TEXT = 32_767;
/** Characters that XML 1.0 cannot hold, and what a spreadsheet would take for an escape of one (ECMA-376, 22.9.2.19). */
const ESCAPED = /(?![\t\n])[\p{Cc}\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)/gu;
/** Positions in cellXfs of `STYLES`. */
const STYLE = { number: 0, text: 1, heading: 2, day: 3, amount: 4 } as const;

const STYLES = `${DECLARATION}<styleSheet xmlns="${SPREADSHEET}">
<numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/><numFmt numFmtId="165" formatCode="#,##0.##################"/></numFmts>
<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>
<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>
<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>
<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>
<cellXfs count="5">
<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>
<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>
<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/>
<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>
<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>
</cellXfs>
<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>
</styleSheet>
`;

/** What comes before the rows of a worksheet whose first row stays in sight; widths are in characters. */
export function sheetStart(widths: readonly number[]): string {
  const columns = widths.map(
    (width, index) => `<col min="${index + 1}" max="${index + 1}" width="${width}" customWidth="1"/>`,
  );
  return (
    `${DECLARATION}<worksheet xmlns="${SPREADSHEET}"><sheetViews><sheetView workbookViewId="0">` +
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>' +
    `<cols>${columns.join('')}</cols><sheetData>\n`
  );
}

export const SHEET_END = '</sheetData></worksheet>\n';

/** A row; `number` counts from 1. */
export function sheetRow(number: number, cells: readonly Cell[]): string {
  return `<row r="${number}">${cells.map((cell, column) => cellXml(cell, `${columnName(column)}${number}`)).join('')}</row>\n`;
}

/** The parts of a workbook besides its worksheets, `xl/worksheets/sheet1.xml` and so on. */
export function workbookParts(
  sheetNames: readonly string[],
): readonly { readonly name: string; readonly text: string }[] {
  const numbered = (line: (name: string, number: number) => string): string =>
    sheetNames.map((name, index) => line(name, index + 1)).join('');
  return [
    { name: 'xl/styles.xml', text: STYLES },
    {
      name: 'xl/workbook.xml',
      text: `${DECLARATION}<workbook xmlns="${SPREADSHEET}" xmlns:r="${RELATIONSHIPS}"><sheets>${numbered((name, n) => `<sheet name="${escapeXml(name)}" sheetId="${n}" r:id="rId${n}"/>`)}</sheets></workbook>\n`,
    },
    {
      name: 'xl/_rels/workbook.xml.rels',
      text: relationships(
        `${numbered((_, n) => `<Relationship Id="rId${n}" Type="${RELATIONSHIPS}/worksheet" Target="worksheets/sheet${n}.xml"/>`)}<Relationship Id="rId${sheetNames.length + 1}" Type="${RELATIONSHIPS}/styles" Target="styles.xml"/>`,
      ),
    },
    {
      name: '_rels/.rels',
      text: relationships(
        `<Relationship Id="rId1" Type="${RELATIONSHIPS}/officeDocument" Target="xl/workbook.xml"/>`,
      ),
    },
    {
      name: '[Content_Types].xml',
      text: `${DECLARATION}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="${CONTENT}.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="${CONTENT}.styles+xml"/>${numbered((_, n) => `<Override PartName="/xl/worksheets/sheet${n}.xml" ContentType="${CONTENT}.worksheet+xml"/>`)}</Types>\n`,
    },
  ];
}

function relationships(lines: string): string {
  return `${DECLARATION}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${lines}</Relationships>\n`;
}

function cellXml(cell: Cell, place: string): string {
  if (cell === null) return '';
  const start = `<c r="${place}" s="${STYLE[cell.kind]}"`;
  switch (cell.kind) {
    case 'heading':
    case 'text':
      // Texts in their cells, not in a table of all texts, which would have to be kept until the end.
      return `${start} t="inlineStr"><is><t xml:space="preserve">${escapeXml(cell.text.slice(0, MAX_TEXT))}</t></is></c>`;
    case 'day':
      return `${start}><v>${(Date.parse(`${cell.day}T00:00:00Z`) - DAY_ZERO_MS) / DAY_MS}</v></c>`;
    case 'number':
    case 'amount':
      return `${start}><v>${cell.value}</v></c>`;
  }
}

function escapeXml(text: string): string {
  return text
    .replace(ESCAPED, (character) => `_x${character.charCodeAt(0).toString(16).padStart(4, '0')}_`)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

function columnName(index: number): string {
  const letter = String.fromCharCode(65 + (index % 26));
  return index < 26 ? letter : `${columnName(Math.floor(index / 26) - 1)}${letter}`;
}
