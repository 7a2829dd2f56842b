import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib';

type Decompress = (body: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>;

const gunzipAsync: Decompress = promisify(gunzip);
const inflateAsync: Decompress = promisify(inflate);
const inflateRawAsync: Decompress = promisify(inflateRaw);
const brotliAsync: Decompress = promisify(brotliDecompress);

/** Some servers call raw deflate data `deflate` too. */
const deflateAsync: Decompress = (body, options) =>
  inflateAsync(body, options).catch(() => inflateRawAsync(body, options));

const DECOMPRESS_BY_ENCODING: ReadonlyMap<string, Decompress> = new Map([
  ['gzip', gunzipAsync],
  ['x-gzip', gunzipAsync],
  ['deflate', deflateAsync],
  ['br', brotliAsync],
]);

export type DecodedBody = { readonly body: Buffer } | { readonly problem: 'damaged' | 'too-large' };

/**
 * The body behind its `content-encoding` header, at most `maxBytes` of it, so that a small answer cannot unpack
 * into the whole memory.
 */
export async function decodeBody(body: Buffer, encodings: string, maxBytes: number): Promise<DecodedBody> {
  const names = encodings
    .toLowerCase()
    .split(',')
    .map((name) => name.trim());
  let decoded = body;
  // The header lists them in the order in which they were applied.
  for (const name of names.reverse()) {
    if (name === '' || name === 'identity') continue;
    const decompress = DECOMPRESS_BY_ENCODING.get(name);
    if (decompress === undefined) return { problem: 'damaged' };
    try {
      decoded = await decompress(decoded, { maxOutputLength: maxBytes });
    } catch (error) {
      const isTooLarge = error instanceof RangeError;
      return { problem: isTooLarge ? 'too-large' : 'damaged' };
    }
  }
  return { body: decoded };
}
