import { isValid } from 'date-fns/isValid';
import { parseISO } from 'date-fns/parseISO';
import { findDecimal, type DecimalText } from '../../core/decimal';
import { KpoolError } from '../../core/errors';
import { readCsvRecords } from './csv-records';

/** One price of a file. */
export interface PriceEntry {
  readonly line: number;
  readonly currency: string;
  readonly quoteCurrency: string;
  /** YYYY-MM-DD. */
  readonly day: string;
  readonly price: DecimalText;
  readonly source: string;
}

/** For what the file does not contain itself. */
export interface PriceFileOptions {
  readonly currency: string | null;
  readonly quoteCurrency: string | null;
  readonly source: string | null;
}

/** A format of price file, recognised by its header. */
interface Form {
  readonly source: string;
  /** Column names in lower case. `pair` has the form BTC/USD. */
  readonly columns: {
    readonly day: string;
    readonly price: string;
    readonly currency?: string;
    readonly quoteCurrency?: string;
    readonly pair?: string;
    readonly source?: string;
  };
}

/** The first format whose columns are all present is used. */
const FORMS: readonly Form[] = [
  {
    source: 'imported',
    columns: {
      day: 'price_date',
      price: 'price',
      currency: 'currency',
      quoteCurrency: 'quote_currency',
      source: 'source',
    },
  },
  {
    source: 'imported',
    columns: { day: 'price_date', price: 'price', currency: 'currency', quoteCurrency: 'quote_currency' },
  },
  { source: 'CoinGecko', columns: { day: 'snapped_at', price: 'price' } },
  { source: 'CryptoDataDownload', columns: { day: 'date', price: 'close', pair: 'symbol' } },
  { source: 'CoinMarketCap', columns: { day: 'timeopen', price: 'close' } },
  { source: 'Yahoo Finance', columns: { day: 'date', price: 'close' } },
  { source: 'imported', columns: { day: 'date', price: 'price', currency: 'currency' } },
  { source: 'imported', columns: { day: 'date', price: 'price' } },
];

const FORMATS_HINT =
  'Supported are files with the columns currency, quote_currency, price_date, price (and source), and the files of CoinGecko, ' +
  'CoinMarketCap, CryptoDataDownload and Yahoo Finance.';

function refuseLine(fileName: string, line: number, what: string, hint?: string): KpoolError {
  return new KpoolError(
    'usage.invalid',
    `Line ${line} of ${fileName}: ${what} Nothing was imported.`,
    hint === undefined ? {} : { hint },
  );
}

/** A day, or the UTC day of an instant. */
function findPriceDay(text: string): string | null {
  const match = /^(\d{4}-\d{2}-\d{2})(?:[T ].*)?$/.exec(text);
  const day = match?.[1];
  return day !== undefined && isValid(parseISO(`${day}T00:00:00Z`)) ? day : null;
}

type Place = { readonly [Column in keyof Form['columns']]: number };

function findForm(header: readonly string[]): { form: Form; place: Place } | null {
  const names = header.map((name) => name.toLowerCase());
  for (const form of FORMS) {
    const place = Object.fromEntries(
      Object.entries(form.columns).map(([column, name]) => [column, names.indexOf(name)]),
    ) as Place;
    if (Object.values(place).every((index) => index >= 0)) return { form, place };
  }
  return null;
}

function nonEmpty(text: string | null): string | null {
  return text === '' ? null : text;
}

function readPrice(text: string): DecimalText | string {
  const price = findDecimal(text);
  if (price === null) {
    const hint = /^[\d.]*,\d+$/.test(text) ? ' Use a decimal point.' : '';
    return `the price is "${text}", not a number.${hint}`;
  }
  return price.startsWith('-') || price === '0' ? `the price is ${price}; it must be greater than 0.` : price;
}

/**
 * The prices of a file, in order, read chunk by chunk. Throws `usage.invalid`, naming the line, for an unknown header, an
 * invalid date or price, and a missing currency.
 */
export async function* readPriceFile(
  fileName: string,
  chunks: AsyncIterable<string>,
  { currency, quoteCurrency, source }: PriceFileOptions,
): AsyncGenerator<PriceEntry> {
  let hasPrices = false;
  let columns = 0;
  let known: ReturnType<typeof findForm> = null;
  for await (const { line, cells } of readCsvRecords(chunks)) {
    if (cells === null) throw refuseLine(fileName, line, 'a quote is not closed, or the line is too long.');
    if (known === null) {
      // A line above the header, such as the source's URL.
      if (cells.length === 1) continue;
      known = findForm(cells);
      if (known === null) throw refuseLine(fileName, line, 'the columns are unknown.', FORMATS_HINT);
      columns = cells.length;
      continue;
    }
    // A price with a decimal comma, without quotes, is two cells, of which the first is a price as well.
    if (cells.slice(columns).some((cell) => cell !== ''))
      throw refuseLine(
        fileName,
        line,
        `there are ${cells.length} cells, but ${columns} columns.`,
        'Use a decimal point, or put a text with a comma in quotes.',
      );
    const { form, place } = known;
    const cell = (index: number | undefined): string | null =>
      index === undefined ? null : (cells[index] ?? '');
    const [base, quote] = cell(place.pair)?.split('/') ?? [];
    const entry = {
      line,
      currency: (cell(place.currency) ?? base ?? currency ?? '').toUpperCase(),
      quoteCurrency: (cell(place.quoteCurrency) ?? quote ?? quoteCurrency ?? '').toUpperCase(),
      source: source ?? nonEmpty(cell(place.source)) ?? form.source,
    };
    if (entry.currency === '')
      throw refuseLine(fileName, line, 'the coin is missing: pass e.g. --currency BTC.');
    if (entry.quoteCurrency === '')
      throw refuseLine(fileName, line, 'the currency of the price is missing: pass e.g. --quote EUR.');
    const dayText = cell(place.day) ?? '';
    const day = findPriceDay(dayText);
    if (day === null) throw refuseLine(fileName, line, `the date is "${dayText}", not YYYY-MM-DD.`);
    const price = readPrice(cell(place.price) ?? '');
    if (findDecimal(price) === null) throw refuseLine(fileName, line, price);
    hasPrices = true;
    yield { ...entry, day, price: price as DecimalText };
  }
  if (!hasPrices)
    throw new KpoolError('usage.invalid', `${fileName} contains no prices.`, { hint: FORMATS_HINT });
}
