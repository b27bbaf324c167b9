import { type Digest, parseDigest } from '../../digest/index.ts'
import { decodeName, nameBytes } from '../../tree/index.ts'

/** Numbers below this are one byte; from it on, bytes that say in which form the number follows. */
const oneByte = 250
const [twoBytes, fourBytes, sixBytes, float] = [250, 251, 252, 253]
const digestLength = 32

/** Values one after the other, in a memory that grows and is used again. */
export class ByteWriter {
  #bytes = Buffer.allocUnsafe(1 << 16)
  length = 0

  /** What was written since the last `clear`, until something else is written. */
  written(): Buffer {
    return this.#bytes.subarray(0, this.length)
  }

  clear(): void {
    this.length = 0
  }

  byte(value: number): void {
    this.#reserve(1)
    this.#bytes[this.length++] = value
  }

  /** Four bytes. */
  word(value: number): void {
    this.#reserve(4)
    this.#lowest(value, 4)
  }

  /** Any number; those that count something are short. */
  number(value: number): void {
    this.#reserve(9)
    const isCount = Number.isInteger(value) && value >= 0
    if (isCount && value < oneByte) this.#bytes[this.length++] = value
    else if (isCount && value < 2 ** 48) this.#count(value)
    else {
      this.#bytes[this.length] = float
      this.length = this.#bytes.writeDoubleLE(value, this.length + 1)
    }
  }

  /** The bytes of a name or path, with their length before them. Most are short and plain: a call for each costs more. */
  text(value: string): void {
    if (value.length >= oneByte) {
      this.raw(nameBytes(value))
      return
    }
    this.#reserve(1 + value.length)
    const begin = this.length
    this.#bytes[begin] = value.length
    for (let at = 0; at < value.length; at++) {
      const code = value.charCodeAt(at)
      if (code >= 0x80) {
        this.raw(nameBytes(value))
        return
      }
      this.#bytes[begin + 1 + at] = code
    }
    this.length = begin + 1 + value.length
  }

  raw(value: Uint8Array): void {
    this.number(value.length)
    this.append(value)
  }

  /** Bytes without their length. */
  append(value: Uint8Array): void {
    this.#reserve(value.length)
    this.#bytes.set(value, this.length)
    this.length += value.length
  }

  digest(value: Digest): void {
    this.#reserve(digestLength)
    for (let at = value.length - 2 * digestLength; at < value.length; at += 2) {
      this.#bytes[this.length++] = (hexDigit(value.charCodeAt(at)) << 4) | hexDigit(value.charCodeAt(at + 1))
    }
  }

  #count(value: number): void {
    const form = value < 2 ** 16 ? twoBytes : value < 2 ** 32 ? fourBytes : sixBytes
    this.#bytes[this.length++] = form
    this.#lowest(value, sizeIn(form))
  }

  #lowest(value: number, size: number): void {
    for (let left = size, rest = value; left > 0; left--) {
      this.#bytes[this.length++] = rest % 256
      rest = Math.floor(rest / 256)
    }
  }

  #reserve(size: number): void {
    if (this.length + size <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.length + size, 2 * this.#bytes.length))
    larger.set(this.written())
    this.#bytes = larger
  }
}

/** Reads what a `ByteWriter` wrote, in the same order. The bytes are known to be those. */
export class ByteReader {
  readonly bytes: Buffer
  at: number

  constructor(bytes: Buffer, at = 0) {
    this.bytes = bytes
    this.at = at
  }

  byte(): number {
    return this.bytes.readUInt8(this.at++)
  }

  number(): number {
    const first = this.byte()
    if (first < oneByte) return first
    if (first === float) {
      this.at += 8
      return this.bytes.readDoubleLE(this.at - 8)
    }
    const size = sizeIn(first)
    this.at += size
    return this.bytes.readUIntLE(this.at - size, size)
  }

  text(): string {
    return decodeName(this.raw())
  }

  raw(): Buffer {
    const length = this.number()
    this.at += length
    return this.bytes.subarray(this.at - length, this.at)
  }

  digest(): Digest {
    this.at += digestLength
    return parseDigest(`sha256:${this.bytes.toString('hex', this.at - digestLength, this.at)}`)
  }
}

function sizeIn(form: number): number {
  return form === twoBytes ? 2 : form === fourBytes ? 4 : 6
}

/** Of `0` to `9` and `a` to `f`. */
function hexDigit(code: number): number {
  return code < 0x3a ? code - 0x30 : code - 0x57
}
