/**
 * The data types of SSH messages.
 * @see https://datatracker.ietf.org/doc/html/rfc4251#section-5
 */

/** Reads from the front of some bytes. */
export interface WireReader {
  /** @throws {RangeError} when fewer bytes are left; so do all the others */
  uint32(): number
  /** Bytes that have their length before them. */
  bytes(): Buffer
  text(): string
  take(length: number): Buffer
  readonly left: number
}

export function readWire(data: Uint8Array): WireReader {
  let rest = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  const take = (length: number) => {
    if (length > rest.length) throw new RangeError(`${length} bytes are needed, ${rest.length} are left`)
    const taken = rest.subarray(0, length)
    rest = rest.subarray(length)
    return taken
  }
  const uint32 = () => take(4).readUInt32BE()
  const bytes = () => take(uint32())
  return {
    uint32,
    bytes,
    text: () => bytes().toString(),
    take,
    get left() {
      return rest.length
    },
  }
}

/** A number as four bytes. */
export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** Texts and bytes, each with its length before it. */
export function strings(...values: readonly (string | Uint8Array)[]): Buffer {
  return Buffer.concat(values.flatMap((value) => [uint32(Buffer.byteLength(value)), Buffer.from(value)]))
}

/** A natural number, given by its big-endian bytes, as SSH writes it: as short as can be, with its sign. */
export function mpint(magnitude: Uint8Array): Buffer {
  const first = magnitude.findIndex((byte) => byte !== 0)
  if (first < 0) return Buffer.alloc(0)
  const digits = magnitude.subarray(first)
  return Buffer.from((digits[0] ?? 0) < 0x80 ? digits : [0, ...digits])
}

/** The bytes of a natural number without its sign; the reverse of `mpint`. */
export function magnitude(number: Uint8Array): Buffer {
  const first = number.findIndex((byte) => byte !== 0)
  return Buffer.from(first < 0 ? [0] : number.subarray(first))
}
