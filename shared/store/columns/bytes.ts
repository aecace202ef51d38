import { ExchequerError } from '../../domain/errors.ts'

/** Greatest number of bytes a fixed-width whole number takes here: 48 bits. */
export const MAX_INT_BYTES = 6

/** Bytes written one after another into a buffer that grows. */
export class ByteWriter {
  private buffer = Buffer.allocUnsafe(4_096)
  private length = 0

  /** Makes room for `count` bytes and answers with the offset of the first. */
  private claim(count: number): number {
    const at = this.length
    const needed = at + count
    if (needed > this.buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.buffer.length * 2))
      this.buffer.copy(larger, 0, 0, at)
      this.buffer = larger
    }
    this.length = needed
    return at
  }

  byte(value: number): void {
    const at = this.claim(1)
    this.buffer[at] = value
  }

  /** A whole number from 0 to 2^53 - 1, seven bits a byte, lowest first. */
  varint(value: number): void {
    let rest = value
    while (rest > 0x7f) {
      this.byte((rest % 0x80) + 0x80)
      rest = Math.floor(rest / 0x80)
    }
    this.byte(rest)
  }

  /** A whole number below 2^(8 * width), lowest byte first. */
  fixed(value: number, width: number): void {
    const at = this.claim(width)
    if (width > 0) this.buffer.writeUIntLE(value, at, width)
  }

  double(value: number): void {
    const at = this.claim(8)
    this.buffer.writeDoubleLE(value, at)
  }

  /** The low 64 bits of a bigint, lowest byte first, of which only `width` bytes are kept. */
  word(value: bigint, width: number): void {
    const at = this.claim(8)
    this.buffer.writeBigUInt64LE(BigInt.asUintN(64, value), at)
    this.length = at + width
  }

  raw(bytes: Uint8Array): void {
    const at = this.claim(bytes.length)
    this.buffer.set(bytes, at)
  }

  finish(): Buffer {
    return this.buffer.subarray(0, this.length)
  }
}

/** Reads what a {@link ByteWriter} wrote. Throws `DamagedData` when there is less of it than it says. */
export class ByteReader {
  private readonly buffer: Buffer
  private at = 0

  constructor(buffer: Buffer) {
    this.buffer = buffer
  }

  private claim(count: number): number {
    const at = this.at
    this.at = at + count
    if (this.at > this.buffer.length) {
      throw new ExchequerError(
        'DamagedData',
        `stored data ends at byte ${this.buffer.length}, but says it goes on to ${this.at}`,
      )
    }
    return at
  }

  byte(): number {
    const at = this.claim(1)
    return this.buffer[at] as number
  }

  varint(): number {
    let value = 0
    let scale = 1
    for (;;) {
      const byte = this.byte()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
      scale *= 0x80
    }
  }

  fixed(width: number): number {
    const at = this.claim(width)
    return width === 0 ? 0 : this.buffer.readUIntLE(at, width)
  }

  double(): number {
    return this.buffer.readDoubleLE(this.claim(8))
  }

  /** A bigint of up to 8 bytes, lowest first. */
  word(width: number): bigint {
    const at = this.claim(width)
    if (width === 0) return 0n
    if (at + 8 <= this.buffer.length) return BigInt.asUintN(8 * width, this.buffer.readBigUInt64LE(at))
    let value = 0n
    for (let byte = width - 1; byte >= 0; byte--)
      value = (value << 8n) | BigInt(this.buffer[at + byte] as number)
    return value
  }

  /** A view of the next bytes: no copy. */
  raw(count: number): Buffer {
    const at = this.claim(count)
    return this.buffer.subarray(at, at + count)
  }
}
