import fc from 'fast-check';
import { deduplicationIdOf, parseSyncPayload } from '../../../jobs/sync-payload';
import { STREAMS } from '../../../src/sync/registry';

const targets = fc.record({
  account: fc.stringMatching(/^[A-Za-z0-9_-]{1,40}$/),
  stream: fc.constantFrom(...STREAMS.names),
  puid: fc.option(fc.bigInt({ min: -1n, max: 2n ** 63n - 1n }).map(String)),
  algo: fc.option(fc.string({ unit: 'grapheme', minLength: 1 })),
});

describe('a sync job', () => {
  test('comes out of the queue as it went in, puids digit for digit', () => {
    fc.assert(
      fc.property(targets, (target) => {
        const read = parseSyncPayload(JSON.parse(JSON.stringify(target)));
        expect({ ...read, puid: read.puid === null ? null : String(read.puid) }).toEqual(target);
      }),
    );
  });

  test('has an id of its scope alone, which the queue accepts', () => {
    fc.assert(
      fc.property(targets, targets, (one, other) => {
        const id = deduplicationIdOf(one);
        expect(id).not.toMatch(/:|^-?\d+$/);
        expect(id === deduplicationIdOf(other)).toBe(JSON.stringify(one) === JSON.stringify(other));
      }),
    );
  });

  test('of another version is refused', () => {
    const job = { account: 'main', stream: 'earnings', puid: '1', algo: 'SHA256d' };
    for (const broken of [{ ...job, puid: 1 }, { ...job, stream: '' }, { ...job, secret: 's' }, null]) {
      expect(() => parseSyncPayload(broken)).toThrow(
        expect.objectContaining({ code: 'broken-promise' }) as Error,
      );
    }
  });
});
