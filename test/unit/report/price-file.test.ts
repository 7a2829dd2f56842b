import { isKpoolError } from '../../../src/core/errors';
import { readPriceFile, type PriceEntry } from '../../../src/report/prices/price-file';

const NOTHING_SAID = { currency: null, quoteCurrency: null, source: null };
const OWN = 'currency,quote_currency,price_date,price\n';

/** Splits a text into pieces, as a stream may. */
async function* cut(text: string): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += 7) yield await Promise.resolve(text.slice(at, at + 7));
}

type Options = { readonly [Name in keyof typeof NOTHING_SAID]: string | null };

async function entriesOf(fileName: string, text: string, options: Options): Promise<readonly PriceEntry[]> {
  const entries: PriceEntry[] = [];
  for await (const entry of readPriceFile(fileName, cut(text), options)) entries.push(entry);
  return entries;
}

async function refusalOf(text: string): Promise<string> {
  try {
    await entriesOf('prices.csv', text, NOTHING_SAID);
  } catch (error) {
    if (isKpoolError(error, 'usage.invalid')) return error.message;
    throw error;
  }
  throw new Error('the file was accepted');
}

test('P1 prices keep every digit, with any line ending', async () => {
  const text = `\uFEFF${OWN.replace('\n', '\r\n')}btc,EUR,2026-10-01,58123.450000000000000001\r\n\r\n"LTC",EUR,2026-10-01,70.5\r\n`;
  expect(await entriesOf('prices.csv', text, NOTHING_SAID)).toEqual([
    {
      line: 2,
      currency: 'BTC',
      quoteCurrency: 'EUR',
      day: '2026-10-01',
      price: '58123.450000000000000001',
      source: 'imported',
    },
    {
      line: 4,
      currency: 'LTC',
      quoteCurrency: 'EUR',
      day: '2026-10-01',
      price: '70.5',
      source: 'imported',
    },
  ]);
});

test.each([
  ['CoinGecko', 'snapped_at,price,market_cap,total_volume\n2026-10-01 00:00:00 UTC,58123.45,1,2\n'],
  ['Yahoo Finance', 'Date,Open,High,Low,Close,Adj Close,Volume\n2026-10-01,1,2,3,58123.45,5,6\n'],
  [
    'CoinMarketCap',
    'timeOpen;timeClose;name;open;high;low;close\n"2026-10-01T00:00:00.000Z";"x";"2781";"1";"2";"3";"58123.45"\n',
  ],
])('a file of %s is recognised by its header', async (source, text) => {
  const options = { ...NOTHING_SAID, currency: 'BTC', quoteCurrency: 'USD' };
  expect(await entriesOf('btc.csv', text, options)).toMatchObject([
    { currency: 'BTC', quoteCurrency: 'USD', day: '2026-10-01', price: '58123.45', source },
  ]);
});

test('a file of CryptoDataDownload names its pair', async () => {
  const text =
    'https://www.CryptoDataDownload.com\nUnix,Date,Symbol,Open,High,Low,Close\n1,2026-10-01 00:00:00,BTC/USD,1,2,3,4.5\n';
  expect(await entriesOf('d.csv', text, NOTHING_SAID)).toMatchObject([
    { line: 3, currency: 'BTC', quoteCurrency: 'USD', price: '4.5', source: 'CryptoDataDownload' },
  ]);
});

test.each([
  [`${OWN}BTC,EUR,01.10.2026,1\n`, 'Line 2 of prices.csv: the date is "01.10.2026", not YYYY-MM-DD.'],
  [`${OWN}BTC,EUR,2026-02-30,1\n`, 'Line 2 of prices.csv: the date is "2026-02-30", not YYYY-MM-DD.'],
  [
    `${OWN}BTC,EUR,2026-10-01,"58123,45"\n`,
    'Line 2 of prices.csv: the price is "58123,45", not a number. Use a decimal point.',
  ],
  [`${OWN}BTC,EUR,2026-10-01,58123,45\n`, 'Line 2 of prices.csv: there are 5 cells, but 4 columns.'],
  [`${OWN}BTC,EUR,2026-10-01,\n`, 'Line 2 of prices.csv: the price is "", not a number.'],
  [`${OWN}BTC,EUR,2026-10-01,-1\n`, 'Line 2 of prices.csv: the price is -1; it must be greater than 0.'],
  ['a,b,c\n1,2,3\n', 'Line 1 of prices.csv: the columns are unknown.'],
  ['date,price\n2026-10-01,1\n', 'Line 2 of prices.csv: the coin is missing: pass e.g. --currency BTC.'],
  [`${OWN}BTC,EUR,2026-10-01,"1\n`, 'Line 2 of prices.csv: a quote is not closed, or the line is too long.'],
])('a bad file is refused in one sentence with the line: %j', async (text, sentence) => {
  expect(await refusalOf(text)).toBe(`${sentence} Nothing was imported.`);
});

test('an empty file holds no prices', async () => {
  expect(await refusalOf('')).toBe('prices.csv contains no prices.');
});

test('the first prices arrive before the file is read to its end', async () => {
  let pieces = 0;
  async function* endless(): AsyncGenerator<string> {
    yield await Promise.resolve(OWN);
    for (; ; pieces += 1) yield await Promise.resolve('BTC,EUR,2026-10-01,1\nBTC,EUR,2026-1');
  }
  const first = await readPriceFile('prices.csv', endless(), NOTHING_SAID).next();
  expect(first.value).toMatchObject({ line: 2, price: '1' });
  expect(pieces).toBeLessThan(2);
});

test('an endless line is refused before it fills the memory', async () => {
  let pieces = 0;
  async function* endless(): AsyncGenerator<string> {
    yield await Promise.resolve(OWN);
    for (; pieces < 1_000; pieces += 1) yield await Promise.resolve('1'.repeat(10_000));
  }
  await expect(readPriceFile('prices.csv', endless(), NOTHING_SAID).next()).rejects.toThrow(
    'Line 2 of prices.csv: a quote is not closed, or the line is too long. Nothing was imported.',
  );
  expect(pieces).toBeLessThan(10);
});
