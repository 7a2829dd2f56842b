import fc from 'fast-check';
import { Secret } from '../../../src/core/secret';
import { createScrubber } from '../../../src/observability/scrub';

const secretText = fc.string({ minLength: 5, maxLength: 40, unit: 'grapheme' });
const context = fc.string({ maxLength: 20 });

function survives(secret: string, before: string, after: string, encode: (text: string) => string): void {
  const { scrub } = createScrubber([new Secret(secret)]);
  expect(scrub(before + encode(secret) + after)).not.toContain(encode(secret));
}

describe('P10 a known secret', () => {
  it.each<[string, (text: string) => string]>([
    ['as it is', (text) => text],
    ['in a query', (text) => encodeURIComponent(text)],
    ['in a form', (text) => new URLSearchParams({ q: text }).toString().slice(2)],
    ['in JSON', (text) => JSON.stringify(text).slice(1, -1)],
    [
      'in a query, lower case',
      (text) => encodeURIComponent(text).replace(/%../g, (escape) => escape.toLowerCase()),
    ],
  ])('does not survive %s', (_where, encode) => {
    fc.assert(
      fc.property(secretText, context, context, (secret, before, after) =>
        survives(secret, before, after, encode),
      ),
      { numRuns: 300 },
    );
  });

  it('does not survive inside a longer base64 text, as in an Authorization header', () => {
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

  it('that holds another goes as a whole', () => {
    const { scrub } = createScrubber([new Secret('pass'), new Secret('pass-word-1')]);
    expect(scrub('pass-word-1 and pass')).toBe('[redacted] and [redacted]');
  });

  it('is known as soon as it is added', () => {
    const scrubber = createScrubber([]);
    expect(scrubber.scrub('generated')).toBe('generated');
    scrubber.add(new Secret('generated'));
    expect(scrubber.scrub('generated')).toBe('[redacted]');
  });

  it('of one to three characters is left alone in words: it would be shown by the gaps', () => {
    const { scrub } = createScrubber([new Secret('a'), new Secret('5+')]);
    expect(scrub('a cat, key: cat, a=a, 5+ rows, keys: a')).toBe('a cat, key: cat, a=a, 5+ rows, keys: a');
  });

  it.each([
    '?key=a&passphrase=5%2B',
    '{"apiKey":"a","apiPassphrase": "5+"}',
    'API_KEY=a\nAPI_PASSPHRASE=5+\n',
  ])('of one to three characters does not survive behind its name: %s', (text) => {
    const shown = createScrubber([new Secret('a'), new Secret('5+')]).scrub(text);
    expect(shown.match(/\[redacted\]/g)).toHaveLength(2);
    expect(shown).not.toMatch(/[=:] ?"?(?:a|5)/);
  });
});
