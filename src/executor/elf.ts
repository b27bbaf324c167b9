import type { Platform } from '../image/index.ts'

/** How programs of an architecture are marked. */
interface Kind {
  readonly machine: number
  readonly bits: 32 | 64
  readonly big?: true
  readonly flags?: number
  /** Machine code that ends the process with 0, in hexadecimal. */
  readonly exit?: string
}

/** By OCI's names. @see https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html */
const kinds: Readonly<Record<string, Kind>> = {
  amd64: { machine: 62, bits: 64, exit: 'b83c000000 31ff 0f05' },
  '386': { machine: 3, bits: 32, exit: 'b801000000 31db cd80' },
  arm64: { machine: 183, bits: 64, exit: '000080d2 a80b80d2 010000d4' },
  arm: { machine: 40, bits: 32, flags: 0x05000000, exit: '0000a0e3 0170a0e3 000000ef' },
  riscv64: { machine: 243, bits: 64, exit: '13050000 9308d005 73000000' },
  ppc64le: { machine: 21, bits: 64, flags: 2, exit: '01000038 00006038 02000044' },
  ppc64: { machine: 21, bits: 64, big: true },
  s390x: { machine: 22, bits: 64, big: true, exit: 'a7290000 0a01' },
  loong64: { machine: 258, bits: 64, exit: '04008002 0b748102 00002b00' },
  mips: { machine: 8, bits: 32, big: true },
  mipsle: { machine: 8, bits: 32 },
  mips64: { machine: 8, bits: 64, big: true },
  mips64le: { machine: 8, bits: 64, flags: 0x80000007, exit: 'c2130224 25200000 0c000000' },
}

/** The bytes that a program for a platform begins with; undefined for one that Linux has no programs for. */
export function elfHeader({ os, architecture }: Platform): Buffer | undefined {
  const kind = kinds[architecture]
  return os === 'linux' && kind ? header(kind, 0) : undefined
}

/** A program that does nothing; undefined where none is known. */
export function emptyProgram({ os, architecture }: Platform): Buffer | undefined {
  const kind = kinds[architecture]
  if (os !== 'linux' || !kind?.exit) return undefined
  const code = Buffer.from(kind.exit.replaceAll(' ', ''), 'hex')
  const sizes = sizesOf(kind)
  const start = sizes.header + sizes.segment
  return Buffer.concat([header(kind, base + start), segment(kind, start + code.length), code])
}

/** Whether this is an ELF program that asks for no dynamic loader: a script is none. */
export function isStatic(bytes: Buffer): boolean {
  if (!isElf(bytes)) return false
  const wide = bytes[4] === 2
  const big = bytes[5] === 2
  const at = (place: number, size: 2 | 4) => (big ? bytes.readUIntBE(place, size) : bytes.readUIntLE(place, size))
  const table = wide ? (big ? bytes.readBigUInt64BE(32) : bytes.readBigUInt64LE(32)) : BigInt(at(28, 4))
  const [size, count] = [at(wide ? 54 : 42, 2), at(wide ? 56 : 44, 2)]
  if (table + BigInt(size * count) > BigInt(bytes.length) || size < 4) return false
  return Array.from({ length: count }, (_, i) => at(Number(table) + i * size, 4)).every((type) => type !== interpreter)
}

/** The architecture, by OCI's name, that a program is for; undefined for what is no program, or one of a kind not known here. */
export function architectureOf(bytes: Buffer): string | undefined {
  if (!isElf(bytes)) return undefined
  const big = bytes[5] === 2
  const machine = big ? bytes.readUInt16BE(18) : bytes.readUInt16LE(18)
  const bits = bytes[4] === 2 ? 64 : 32
  const found = Object.entries(kinds).find(
    ([, kind]) => kind.machine === machine && kind.bits === bits && (kind.big === true) === big,
  )
  return found?.[0]
}

/** The dynamic loader that a program of little-endian byte order asks for, when its first bytes name one. */
export function loaderOf(bytes: Buffer): string | undefined {
  if (!isElf(bytes) || bytes[5] === 2) return undefined
  const wide = bytes[4] === 2
  const table = wide ? Number(bytes.readBigUInt64LE(32)) : bytes.readUInt32LE(28)
  const [size, count] = [bytes.readUInt16LE(wide ? 54 : 42), bytes.readUInt16LE(wide ? 56 : 44)]
  for (let at = table; at < table + size * count && at + 56 <= bytes.length; at += size) {
    if (bytes.readUInt32LE(at) !== interpreter) continue
    const start = wide ? Number(bytes.readBigUInt64LE(at + 8)) : bytes.readUInt32LE(at + 4)
    const end = bytes.indexOf(0, start)
    return end > start && end - start < 256 ? bytes.toString('latin1', start, end) : undefined
  }
  return undefined
}

function isElf(bytes: Buffer): boolean {
  return bytes.length >= 64 && bytes.readUInt32BE(0) === 0x7f454c46
}

/** Where the program lies in memory. */
const base = 0x400000
const [load, interpreter] = [1, 3]

function sizesOf({ bits }: Kind) {
  return bits === 64 ? { header: 64, segment: 56 } : { header: 52, segment: 32 }
}

function header(kind: Kind, entry: number): Buffer {
  const sizes = sizesOf(kind)
  const writer = fields(kind)
  writer.raw(Buffer.from([0x7f, 0x45, 0x4c, 0x46, kind.bits / 32, kind.big ? 2 : 1, 1, 0]), Buffer.alloc(8))
  writer.half(2, kind.machine)
  writer.word(1)
  writer.address(entry, sizes.header, 0)
  writer.word(kind.flags ?? 0)
  writer.half(sizes.header, sizes.segment, 1, 0, 0, 0)
  return writer.bytes()
}

/** One piece of the file, header included, that can be read and executed. */
function segment(kind: Kind, size: number): Buffer {
  const writer = fields(kind)
  const readAndExecute = 5
  writer.word(load, ...(kind.bits === 64 ? [readAndExecute] : []))
  writer.address(0, base, base, size, size)
  if (kind.bits === 32) writer.word(readAndExecute)
  writer.address(0x10000)
  return writer.bytes()
}

function fields({ bits, big }: Kind) {
  const parts: Buffer[] = []
  const number = (value: number, size: number) => {
    const part = Buffer.alloc(size)
    // Nothing here takes more than four bytes.
    const used = Math.min(size, 4)
    if (big) part.writeUIntBE(value, size - used, used)
    else part.writeUIntLE(value, 0, used)
    parts.push(part)
  }
  const all =
    (size: number) =>
    (...values: readonly number[]) => {
      for (const value of values) number(value, size)
    }
  return {
    raw: (...bytes: readonly Buffer[]) => void parts.push(...bytes),
    half: all(2),
    word: all(4),
    address: all(bits / 8),
    bytes: () => Buffer.concat(parts),
  }
}
