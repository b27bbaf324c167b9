/** A file of a layer, or a folder when there is no body: its name ends with a slash. */
export interface TarEntry {
  readonly name: string
  readonly body?: string
}

const blockBytes = 512

/** Plain ustar, all of root, of 1970. */
export function tarOf(entries: readonly TarEntry[]): Uint8Array {
  return Buffer.concat([...entries.flatMap((entry) => [header(entry), padded(entry.body ?? '')]), Buffer.alloc(1024)])
}

function padded(body: string): Buffer {
  const block = Buffer.alloc(Math.ceil(Buffer.byteLength(body) / blockBytes) * blockBytes)
  block.write(body)
  return block
}

function header({ name, body }: TarEntry): Buffer {
  const block = Buffer.alloc(blockBytes)
  const bytes = Buffer.byteLength(body ?? '')
  block.write(name, 0)
  block.write(body === undefined ? '0000755\0' : '0000644\0', 100)
  block.write('0000000\0', 108)
  block.write('0000000\0', 116)
  block.write(`${octal(bytes, 11)}\0`, 124)
  block.write(`${octal(0, 11)}\0`, 136)
  block.write(' '.repeat(8), 148)
  block.write(body === undefined ? '5' : '0', 156)
  block.write('ustar\x0000', 257)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${octal(sum, 6)}\0 `, 148)
  return block
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0')
}
