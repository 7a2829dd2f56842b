import { Readable, pipeline } from 'node:stream';
import { crc32, createDeflateRaw } from 'node:zlib';
import { KpoolError } from '../../core/errors';

/** A file in an archive; its content is read when it is its turn. */
export interface ZipEntry {
  readonly name: string;
  readonly content: AsyncIterable<string>;
}

interface WrittenEntry {
  readonly name: Buffer;
  readonly crc: number;
  readonly packedBytes: number;
  readonly bytes: number;
  readonly offset: number;
}

/** Without ZIP64, sizes and offsets have 32 bits; the last value stands for "see there". */
const MAX_BYTES = 0xffff_fffe;
/** 1980-01-01, the first day that the format knows: the same content makes the same bytes at any time. */
const DOS_DATE = 0x0021;
/** Bit 3: sizes follow the content. Bit 11: names are UTF-8. */
const FLAGS = 0x0808;
const DEFLATED = 8;
const VERSION = 20;
const LOCAL_HEADER = 0x04034b50;
const DESCRIPTOR = 0x08074b50;
const DIRECTORY_ENTRY = 0x02014b50;
const END_OF_DIRECTORY = 0x06054b50;

/**
 * An archive (PKWARE APPNOTE 4.3) in pieces, of which only one is in memory at a time. The same entries make the same
 * bytes. Throws `usage.invalid` beyond 4 GiB.
 */
export async function* zipChunks(entries: AsyncIterable<ZipEntry>): AsyncGenerator<Buffer> {
  const written: WrittenEntry[] = [];
  let offset = 0;
  for await (const entry of entries) {
    const name = Buffer.from(entry.name);
    const header = fixedFields(LOCAL_HEADER, [
      ...[u16(VERSION), u16(FLAGS), u16(DEFLATED), u16(0), u16(DOS_DATE)],
      ...[u32(0), u32(0), u32(0), u16(name.length), u16(0)],
    ]);
    yield Buffer.concat([header, name]);
    const counts = { crc: 0, bytes: 0 };
    let packedBytes = 0;
    for await (const chunk of deflated(entry.content, counts)) {
      packedBytes += chunk.length;
      refuseBeyondLimit(offset + packedBytes, counts.bytes);
      yield chunk;
    }
    const { crc, bytes } = counts;
    yield fixedFields(DESCRIPTOR, [u32(crc), u32(packedBytes), u32(bytes)]);
    written.push({ name, crc, packedBytes, bytes, offset });
    offset += header.length + name.length + packedBytes + 16;
    refuseBeyondLimit(offset, bytes);
  }
  const directory = Buffer.concat(written.map(directoryEntry));
  yield directory;
  yield fixedFields(END_OF_DIRECTORY, [
    ...[u16(0), u16(0), u16(written.length), u16(written.length)],
    ...[u32(directory.length), u32(offset), u16(0)],
  ]);
}

async function* deflated(
  content: AsyncIterable<string>,
  counts: { crc: number; bytes: number },
): AsyncGenerator<Buffer> {
  const counted = async function* (): AsyncGenerator<Buffer> {
    for await (const text of content) {
      const buffer = Buffer.from(text);
      counts.crc = crc32(buffer, counts.crc);
      counts.bytes += buffer.length;
      yield buffer;
    }
  };
  // A failure of the content destroys the deflater, and so reaches whoever reads it.
  const deflater = pipeline(Readable.from(counted()), createDeflateRaw(), () => undefined);
  for await (const chunk of deflater) yield chunk as Buffer;
}

function directoryEntry({ name, crc, packedBytes, bytes, offset }: WrittenEntry): Buffer {
  const fields = fixedFields(DIRECTORY_ENTRY, [
    ...[u16(VERSION), u16(VERSION), u16(FLAGS), u16(DEFLATED), u16(0), u16(DOS_DATE)],
    ...[u32(crc), u32(packedBytes), u32(bytes), u16(name.length), u16(0), u16(0)],
    ...[u16(0), u16(0), u32(0), u32(offset)],
  ]);
  return Buffer.concat([fields, name]);
}

function fixedFields(signature: number, fields: readonly Buffer[]): Buffer {
  return Buffer.concat([u32(signature), ...fields]);
}

function u16(value: number): Buffer {
  const buffer = Buffer.alloc(2);
  buffer.writeUInt16LE(value);
  return buffer;
}

function u32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value);
  return buffer;
}

function refuseBeyondLimit(...bytes: readonly number[]): void {
  if (bytes.every((count) => count <= MAX_BYTES)) return;
  throw new KpoolError('usage.invalid', 'The workbook would be larger than 4 GiB.', {
    hint: 'Take --format csv, or a shorter time: --month, --year.',
  });
}
