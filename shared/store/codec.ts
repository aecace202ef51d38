import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { ExchequerError } from '../domain/errors.ts'
import { ByteReader, ByteWriter } from './columns/bytes.ts'
import { readColumn, writeColumn } from './columns/column.ts'

/**
 * The one encoding of everything that is stored packed: a version byte, then columns, in one zstd frame (with its
 * checksum) or as they are. Whatever is made of plain objects, arrays, strings, numbers, bigints, booleans, null, bytes
 * and BigUint64Arrays comes back as it was; a key whose value is `undefined` is a key that is missing.
 */
const COMPRESSED = 1
const PLAIN = 2

const ZSTD = { params: { [constants.ZSTD_c_compressionLevel]: 3, [constants.ZSTD_c_checksumFlag]: 1 } }

/** Throws `NotStorable` for functions, symbols and instances of classes. */
export function encode(value: unknown): Buffer {
  const out = new ByteWriter()
  writeColumn(out, [value])
  const frame = zstdCompressSync(out.finish(), ZSTD)
  return Buffer.concat([Buffer.of(COMPRESSED), frame], 1 + frame.length)
}

/** For what does not compress, such as hashes. Throws `NotStorable`. */
export function encodePlain(value: unknown): Buffer {
  const out = new ByteWriter()
  out.byte(PLAIN)
  writeColumn(out, [value])
  return out.finish()
}

/** Throws `UnknownEncoding` for another version, and `DamagedData` for what neither can have written. */
export function decode<T>(bytes: Uint8Array): T {
  const stored = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (stored[0] === PLAIN) return readColumn(new ByteReader(stored.subarray(1)), 1)[0] as T
  if (stored[0] !== COMPRESSED) {
    const found = stored.length === 0 ? 'nothing' : `version ${stored[0]}`
    throw new ExchequerError(
      'UnknownEncoding',
      `stored data is read in encoding ${COMPRESSED} or ${PLAIN}: got ${found}`,
    )
  }
  return readColumn(new ByteReader(decompress(stored.subarray(1))), 1)[0] as T
}

function decompress(frame: Buffer): Buffer {
  try {
    return zstdDecompressSync(frame)
  } catch (cause) {
    throw new ExchequerError('DamagedData', 'stored data is not the zstd frame it was written as', { cause })
  }
}
