import { asId, asText, csvLines } from '../../../src/report/export/csv';

test.each(['=1+1', '+1', '-2+3', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '＝1', '＋1', '－1', '＠x'])(
  'a spreadsheet does not run the text %j',
  (text) => {
    expect(asText(text)).toBe(`'${text}`);
  },
);

test.each([
  ['\u00a0=1', "'\u00a0=1"],
  ['\u200b=1', "'\u200b=1"],
  ['\ufeff+1', "'\ufeff+1"],
  ['\u000b-1', "'\u000b-1"],
  ['  @x', "'  @x"],
  ['\u202e=1', "'\u202e=1"],
  ['\u{e0020}=1', "'\u{e0020}=1"],
  ['a;=1', "a;'=1"],
  ['a; =1;+2', "a;' =1;'+2"],
  ['a\n=1', "a\n'=1"],
  ['a\t=1', "a\t'=1"],
])('a spreadsheet does not run what is hidden in %j', (text, shown) => {
  expect(asText(text)).toBe(shown);
});

test('other texts are kept; a missing one is an empty cell', () => {
  const texts = ['BTC', "o'hara", '', 'a=b', '#x', 'a;b', 'rig 1 - left', ' x', '矿'];
  expect([...texts, null].map(asText)).toEqual([...texts, '']);
});

test('a cell keeps its commas, quotes and line ends', () => {
  expect(csvLines([['a,b', 'say "x"', 'two\nlines', '-0.5']])).toBe('"a,b","say ""x""","two\nlines",-0.5\n');
  expect(csvLines([])).toBe('');
});

test('P1 a long id is a text for Excel, and still a number', () => {
  expect([asId('7'), asId('982342342342342001')]).toEqual(['7', '\t982342342342342001']);
  expect(BigInt(asId('982342342342342001'))).toBe(982342342342342001n);
});
