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

/** What a file does not say of itself. */
export interface PriceFileOptions {
  readonly currency: string | null;
  readonly quoteCurrency: string | null;
  readonly source: string | null;
}

/** A form of price file, known by its header. */
interface Form {
  readonly source: string;
  /** Column names in lower case: what each cell is. `pair` is written BTC/USD. */
  readonly columns: {
    readonly day: string;
    readonly price: string;
    readonly currency?: string;
    readonly quoteCurrency?: string;
    readonly pair?: string;
    readonly source?: string;
  };
}

/** The first whose columns are all there counts. */
const FORMS: readonly Form[] = [
  {
    source: 'imported',
    columns: {
      ...{ day: 'price_date', price: 'price', currency: 'currency', quoteCurrency: 'quote_currency' },
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

const FORMS_TOLD =
  'Understood are the columns currency, quote_currency, price_date, price (and source), and the files of CoinGecko, ' +
  'CoinMarketCap, CryptoDataDownload and Yahoo Finance.';

function refuse(fileName: string, line: number, what: string, hint?: string): KpoolError {
  return new KpoolError(
    'usage.invalid',
    `Line ${line} of ${fileName}: ${what} Nothing was imported.`,
    hint === undefined ? {} : { hint },
  );
}

/** A day, or an instant whose day in UTC counts. */
function findDay(text: string): string | null {
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
    const hint = /^[\d.]*,\d+$/.test(text) ? ' Write decimals with a point.' : '';
    return `the price is "${text}", not a number.${hint}`;
  }
  return price.startsWith('-') || price === '0' ? `the price is ${price}: it must be more than 0.` : price;
}

/**
 * The prices of a file, in its order, as its text comes in pieces: one is in memory at a time. Throws `usage.invalid`, one
 * sentence with the line, for a header that it does not know, a date or a price that cannot be read, and a missing currency.
 */
export async function* readPriceFile(
  fileName: string,
  chunks: AsyncIterable<string>,
  { currency, quoteCurrency, source }: PriceFileOptions,
): AsyncGenerator<PriceEntry> {
  let hasPrices = false;
  let known: ReturnType<typeof findForm> = null;
  for await (const { line, cells } of readCsvRecords(chunks)) {
    if (cells === null)
      throw refuse(fileName, line, 'a quotation mark is not closed, or the line has no end.');
    if (known === null) {
      // A line above the header, such as the address of a source.
      if (cells.length === 1) continue;
      known = findForm(cells);
      if (known === null) throw refuse(fileName, line, 'the columns are not known.', FORMS_TOLD);
      continue;
    }
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
    if (entry.currency === '') throw refuse(fileName, line, 'it does not say of which coin: --currency BTC.');
    if (entry.quoteCurrency === '')
      throw refuse(fileName, line, 'it does not say in which currency: --quote EUR.');
    const dayText = cell(place.day) ?? '';
    const day = findDay(dayText);
    if (day === null) throw refuse(fileName, line, `the date is "${dayText}", not written YYYY-MM-DD.`);
    const price = readPrice(cell(place.price) ?? '');
    if (findDecimal(price) === null) throw refuse(fileName, line, price);
    hasPrices = true;
    yield { ...entry, day, price: price as DecimalText };
  }
  if (!hasPrices) throw new KpoolError('usage.invalid', `${fileName} holds no prices.`, { hint: FORMS_TOLD });
}
