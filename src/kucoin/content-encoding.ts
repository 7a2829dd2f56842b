import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib';

type Decompress = (body: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>;

const gunzipAsync: Decompress = promisify(gunzip);
const inflateAsync: Decompress = promisify(inflate);
const inflateRawAsync: Decompress = promisify(inflateRaw);
const brotliAsync: Decompress = promisify(brotliDecompress);

/** For servers that send raw deflate data as `deflate`. */
const deflateAsync: Decompress = (body, options) =>
  inflateAsync(body, options).catch((error: unknown) => {
    if (isTooLarge(error)) throw error;
    return inflateRawAsync(body, options);
  });

const DECOMPRESS_BY_ENCODING: ReadonlyMap<string, Decompress> = new Map([
  ['gzip', gunzipAsync],
  ['x-gzip', gunzipAsync],
  ['deflate', deflateAsync],
  ['br', brotliAsync],
]);

/**
 * The body without its `content-encoding`; null if it would decompress to more than `maxBytes`, so that a small answer
 * cannot fill the memory. A body that is not encoded as announced is returned unchanged: the JSON parser decides
 * whether it is usable.
 */
export async function decodeBody(body: Buffer, encodings: string, maxBytes: number): Promise<Buffer | null> {
  const names = encodings
    .toLowerCase()
    .split(',')
    .map((name) => name.trim());
  let decoded = body;
  // The header lists them in the order in which they were applied.
  for (const name of names.reverse()) {
    if (name === '' || name === 'identity') continue;
    const decompress = DECOMPRESS_BY_ENCODING.get(name);
    if (decompress === undefined) return body;
    try {
      decoded = await decompress(decoded, { maxOutputLength: maxBytes });
    } catch (error) {
      if (isTooLarge(error)) return null;
      return body;
    }
  }
  return decoded;
}

function isTooLarge(error: unknown): boolean {
  return (
    typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
  );
}
