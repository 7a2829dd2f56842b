import fc from 'fast-check';
import { hashMultiset } from '../../src/domain/ledger/content-hash';

/** Texts that become ambiguous if they are joined without a separator. */
const texts = fc.array(fc.constantFrom('', 'a', 'b', 'ab', '1:a', '2:ab', 'ä', '\u0000', '\ud800'), {
  maxLength: 6,
});

test('multisets have one hash exactly if they are equal', () => {
  fc.assert(
    fc.property(texts, texts, (a, b) => {
      const isEqual = JSON.stringify([...a].sort()) === JSON.stringify([...b].sort());
      expect(hashMultiset(a) === hashMultiset(b)).toBe(isEqual);
    }),
    { numRuns: 1_000 },
  );
});
