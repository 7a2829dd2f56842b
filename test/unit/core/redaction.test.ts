import fc from 'fast-check';
import { createScrubber } from '../../../src/core/redaction';
import { Secret } from '../../../src/core/secret';

const secretText = fc.string({ minLength: 5, maxLength: 40, unit: 'grapheme' });
const context = fc.string({ maxLength: 20 });

function survives(secret: string, before: string, after: string, encode: (text: string) => string): void {
  const { scrub } = createScrubber([new Secret(secret)]);
  expect(scrub(before + encode(secret) + after)).not.toContain(encode(secret));
}

describe('P10 a known secret', () => {
  test.each<[string, (text: string) => string]>([
    ['as it is', (text) => text],
    ['in a query', (text) => encodeURIComponent(text)],
    ['in a form', (text) => new URLSearchParams({ q: text }).toString().slice(2)],
    ['in JSON', (text) => JSON.stringify(text).slice(1, -1)],
    [
      'in a query, lower case',
      (text) => encodeURIComponent(text).replace(/%../g, (escape) => escape.toLowerCase()),
    ],
  ])('is hidden %s', (_where, encode) => {
    fc.assert(
      fc.property(secretText, context, context, (secret, before, after) =>
        survives(secret, before, after, encode),
      ),
      { numRuns: 300 },
    );
  });

  test('is hidden inside a longer base64 text', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9]{12,30}$/), context, context, (secret, before, after) => {
        const { scrub } = createScrubber([new Secret(secret)]);
        for (const encoding of ['base64', 'base64url'] as const) {
          const shown = scrub(`Basic ${Buffer.from(before + secret + after).toString(encoding)}`);
          expect(shown).toContain('[redacted]');
        }
      }),
    );
  });

  const hex = (text: string) => Buffer.from(text).toString('hex');
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const escaped = (text: string) =>
    text.replace(/[^a-z]/gi, (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`);

  test.each<[string, (text: string) => string]>([
    ['upper case', (text) => text.toUpperCase()],
    ['lower case', (text) => text.toLowerCase()],
    ['upper case, percent-encoded', (text) => encodeURIComponent(text.toUpperCase())],
    ['hex', hex],
    ['upper-case hex', (text) => hex(text).toUpperCase()],
    ['JSON escapes', escaped],
    ['base64 of a whole address', (text) => base64(`https://user:${encodeURIComponent(text)}@host/path?x=1`)],
    ['base64url of upper case', (text) => Buffer.from(`key=${text.toUpperCase()}`).toString('base64url')],
    ['percent-encoded base64', (text) => encodeURIComponent(base64(`user:${text}`))],
    ['base64 of hex', (text) => base64(hex(text))],
    ['base64 in base64', (text) => base64(`Basic ${base64(`user:${text}`)}`)],
    ['base64 behind a path', (text) => `/proxy/${base64(`key=${text}`)}`],
  ])('is hidden in %s', (_where, encode) => {
    const secret = 'Xk9/Tq+4z=Lm';
    const { scrub } = createScrubber([new Secret(secret)]);
    const shown = scrub(`before ${encode(secret)} after`);
    expect(shown).toMatch(/^before \S*\[redacted\]\S* after$/);
    for (const length of [6, 8]) expect(shown).not.toContain(encode(secret).slice(-length));
  });

  test('leaves other words alone, however they are written', () => {
    const { scrub } = createScrubber([new Secret('Xk9/Tq+4z=Lm')]);
    const text =
      'puid 9007199254740993 at 2026-10-20T00:00:00.000Z, /var/lib/postgresql/15/main, 64b7c0ffee0123456789abcd, ' +
      'a%20b, c29tZXRoaW5nIGVsc2U=, \\u0041';
    expect(scrub(text)).toBe(text);
  });

  test('is found in time that grows with the text', () => {
    const { scrub } = createScrubber([new Secret('Xk9/Tq+4z=Lm')]);
    const startedMs = performance.now();
    for (const unit of ['a.b:c%2', 'QUJDRA', '\\u00', 'x=1&y=2;']) scrub(unit.repeat(10_000));
    expect(performance.now() - startedMs).toBeLessThan(5_000);
  });

  test('is hidden whole if it holds another one', () => {
    const { scrub } = createScrubber([new Secret('pass'), new Secret('pass-word-1')]);
    expect(scrub('pass-word-1 and pass')).toBe('[redacted] and [redacted]');
  });

  test('is hidden as soon as it is added', () => {
    const scrubber = createScrubber([]);
    expect(scrubber.scrub('generated')).toBe('generated');
    scrubber.add(new Secret('generated'));
    expect(scrubber.scrub('generated')).toBe('[redacted]');
  });

  test('of one to three characters is left alone in words', () => {
    const { scrub } = createScrubber([new Secret('a'), new Secret('5+')]);
    expect(scrub('a cat, key: cat, a=a, 5+ rows, keys: a')).toBe('a cat, key: cat, a=a, 5+ rows, keys: a');
  });

  test.each([
    '?key=a&passphrase=5%2B',
    '{"apiKey":"a","apiPassphrase": "5+"}',
    'API_KEY=a\nAPI_PASSPHRASE=5+\n',
  ])('of up to three characters is hidden behind its name: %s', (text) => {
    const shown = createScrubber([new Secret('a'), new Secret('5+')]).scrub(text);
    expect(shown.match(/\[redacted\]/g)).toHaveLength(2);
    expect(shown).not.toMatch(/[=:] ?"?(?:a|5)/);
  });
});
