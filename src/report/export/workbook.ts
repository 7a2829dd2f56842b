import { unzipSync, zipSync } from 'fflate';
import type { SheetData } from 'write-excel-file/node' with { 'resolution-mode': 'import' };
import { KpoolError } from '../../core/errors';
import { itemColumns, itemsSheet, UNPRINTED_COLUMNS } from './items-sheet';
import type { ManifestContent } from './manifest';
import type { ExportRow } from './rows';
import { periodName, titleSheet, TITLE_WIDTHS, type TitleFacts } from './title-sheet';

/** A workbook is built in memory; this many rows take a gigabyte. Excel's own limit is 1,048,576. */
const MAX_ROWS = 100_000;
/** The earliest date an archive can store, which is written as local time. */
const ARCHIVE_TIME = new Date(1980, 0, 1);

interface WorkbookContext {
  /** The manifest's content, once all rows have been read. */
  readonly about: () => ManifestContent;
  readonly readTitle: () => Promise<TitleFacts>;
}

/**
 * The statement as a workbook: a title sheet and the items, set up for printing. The same rows and title give the same
 * bytes. Throws `usage.invalid` beyond 100,000 rows.
 */
export async function* workbookChunks(
  batches: AsyncGenerator<readonly ExportRow[]>,
  { about, readTitle }: WorkbookContext,
  maxRows = MAX_ROWS,
): AsyncGenerator<Uint8Array> {
  const rows: ExportRow[] = [];
  for await (const batch of batches) {
    if (rows.length + batch.length > maxRows) throw tooLong(maxRows);
    rows.push(...batch);
  }
  const manifest = about();
  const columns = itemColumns(manifest.basis, {
    hasChanges: manifest.changesSince !== null,
    hasPrices: rows.some(({ price }) => price !== null),
  });
  // An ES module, loaded only for a workbook.
  const { default: writeWorkbook } = await import('write-excel-file/node');
  const sheet = (name: string, data: SheetData, widths: readonly number[]) => ({
    data,
    sheet: name,
    columns: widths.map((width) => ({ width })),
  });
  const items = sheet(
    'Items',
    itemsSheet(columns, rows),
    columns.map(({ width }) => width),
  );
  const archive = await writeWorkbook(
    [
      {
        ...sheet('Statement', titleSheet(manifest, await readTitle(), rows), TITLE_WIDTHS),
        showGridLines: false,
      },
      { ...items, stickyRowsCount: 1 },
    ],
    {
      fontSize: 10,
      features: [
        printing(`KuCoin Pool income, ${periodName(manifest.period)}`, {
          columns: columns.length - UNPRINTED_COLUMNS,
          rows: rows.length + 1,
        }),
      ],
    },
  ).toBuffer();
  yield withoutTimes(archive);
}

/** A4 landscape, one page wide, headings of the items repeated on each page: options that the library lacks. */
function printing(footer: string, items: { readonly columns: number; readonly rows: number }) {
  const lastColumn = String.fromCharCode('A'.charCodeAt(0) + items.columns - 1);
  return {
    files: {
      transform: {
        'xl/worksheets/sheet{id}.xml': {
          transform: (xml: string) =>
            xml
              .replace(/(<worksheet[^>]*>)/, '$1<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>')
              .replace(
                /<\/worksheet>$/,
                '<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.6" header="0.3" footer="0.3"/>' +
                  '<pageSetup paperSize="9" orientation="landscape" fitToWidth="1" fitToHeight="0"/>' +
                  `<headerFooter><oddFooter>&amp;L${footer}&amp;RPage &amp;P of &amp;N</oddFooter></headerFooter></worksheet>`,
              ),
        },
        'xl/workbook.xml': {
          transform: (xml: string) =>
            xml.replace(
              '<definedNames/>',
              () =>
                `<definedNames><definedName name="_xlnm.Print_Area" localSheetId="1">Items!$A$1:$${lastColumn}$${items.rows}</definedName>` +
                '<definedName name="_xlnm.Print_Titles" localSheetId="1">Items!$1:$1</definedName></definedNames>',
            ),
        },
      },
    },
  };
}

/** The same archive without file times, which are the only difference between two of equal content. */
function withoutTimes(archive: Uint8Array): Uint8Array {
  return zipSync(unzipSync(archive), { mtime: ARCHIVE_TIME });
}

function tooLong(maxRows: number): KpoolError {
  return new KpoolError(
    'usage.invalid',
    `The statement has more than ${maxRows} rows, the limit of a workbook.`,
    { hint: 'Use --format csv, or a shorter period, e.g. --month.' },
  );
}
