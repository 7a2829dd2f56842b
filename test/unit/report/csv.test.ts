import { asText, csvLines } from '../../../src/report/export/csv';

test.each(['=1+1', '+1', '-2+3', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '＝1', '＋1', '－1', '＠x'])(
  'a spreadsheet does not run the text %j',
  (text) => {
    expect(asText(text)).toBe(`'${text}`);
  },
);

test('other texts stay as they are, and what is missing is an empty cell', () => {
  expect(['BTC', "o'hara", '', 'a=b', '#x', null].map(asText)).toEqual([
    'BTC',
    "o'hara",
    '',
    'a=b',
    '#x',
    '',
  ]);
});

test('a cell keeps its commas, quotes and line ends', () => {
  expect(csvLines([['a,b', 'say "x"', 'two\nlines', '-0.5']])).toBe('"a,b","say ""x""","two\nlines",-0.5\n');
  expect(csvLines([])).toBe('');
});
