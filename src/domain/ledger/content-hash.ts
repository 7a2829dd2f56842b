import { createHash } from 'node:crypto';

/** SHA-256 (hex) of a multiset of texts: equal exactly when the multisets are, whatever the order. */
export function hashMultiset(texts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const text of [...texts].sort()) {
    hash.update(`${Buffer.byteLength(text)}:`);
    hash.update(text);
  }
  return hash.digest('hex');
}
