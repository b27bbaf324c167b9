/** One member of an archive under test. Whatever is not said is the usual. */
export interface TestMember {
  readonly name: string | Uint8Array
  readonly type?: string
  readonly body?: string | Uint8Array
  readonly link?: string
  readonly mode?: number
  readonly uid?: number
  readonly gid?: number
  readonly mtime?: number
  readonly device?: readonly [major: number, minor: number]
  /** Instead of the body's length. */
  readonly size?: number
  /** Header fields with these very bytes, by offset. */
  readonly raw?: Readonly<Record<number, string | Uint8Array>>
  /** Records of an extended header before it. */
  readonly pax?: Readonly<Record<string, string | Uint8Array>>
}

/**
 * A tar from lines, in the notation of the security cases: `d x/` folder, `f x=abc` file, `s x->y` symbolic link,
 * `h x->y` hard link, `c x 1:3` and `b x 8:0` devices, `p x` fifo. A member object stands for what a line cannot say.
 */
export function tar(...members: readonly (string | TestMember)[]): Buffer {
  return Buffer.concat([
    ...members.map((member) => encodeMember(typeof member === 'string' ? parseLine(member) : member)),
    end,
  ])
}

/** The bytes in pieces of an odd size, so that no border lies on a block. */
export async function* inPieces(bytes: Uint8Array, size = 700): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

/** The two zero blocks. */
export const end = Buffer.alloc(1024)

/** One member: extended header, header and padded body. */
export function encodeMember(member: TestMember): Buffer {
  const body = Buffer.from(member.body ?? '')
  const header = encodeHeader(member, member.size ?? body.length)
  const extended = member.pax ? [encodeMember({ name: 'pax', type: 'x', body: paxBody(member.pax) })] : []
  return Buffer.concat([...extended, header, body, Buffer.alloc((512 - (body.length % 512)) % 512)])
}

/** The body of an extended header. */
export function paxBody(records: Readonly<Record<string, string | Uint8Array>>): Buffer {
  const parts = Object.entries(records).map(([key, value]) => {
    const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from('\n')])
    let length = rest.length + 1
    while (rest.length + String(length).length > length) length++
    return Buffer.concat([Buffer.from(String(length)), rest])
  })
  return Buffer.concat(parts)
}

function encodeHeader(member: TestMember, size: number): Buffer {
  const block = Buffer.alloc(512)
  const octal = (value: number, at: number, width: number) => block.write(value.toString(8).padStart(width, '0'), at)
  Buffer.from(member.name).copy(block, 0, 0, 100)
  octal(member.mode ?? (member.type === '5' ? 0o755 : 0o644), 100, 7)
  octal(member.uid ?? 0, 108, 7)
  octal(member.gid ?? 0, 116, 7)
  octal(size, 124, 11)
  octal(member.mtime ?? 1_577_836_800, 136, 11)
  block.write(member.type ?? '0', 156)
  Buffer.from(member.link ?? '').copy(block, 157, 0, 100)
  block.write('ustar\x0000', 257, 'latin1')
  octal(member.device?.[0] ?? 0, 329, 7)
  octal(member.device?.[1] ?? 0, 337, 7)
  for (const [at, bytes] of Object.entries(member.raw ?? {})) Buffer.from(bytes).copy(block, Number(at))
  if (member.raw?.[148] === undefined) writeChecksum(block)
  return block
}

function writeChecksum(block: Buffer): void {
  block.fill(' ', 148, 156)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
}

function parseLine(line: string): TestMember {
  const [, kind = '', rest = ''] = /^(\w) (.*)$/s.exec(line) ?? []
  const [linkName = '', link = ''] = rest.split('->')
  const [fileName = '', body] = rest.split('=')
  const [deviceName = '', device = ''] = rest.split(' ')
  const [major = 0, minor = 0] = device.split(':').map(Number)
  switch (kind) {
    case 'd':
      return { name: rest, type: '5' }
    case 'f':
      return { name: fileName, body: body ?? '' }
    case 's':
      return { name: linkName, type: '2', link, mode: 0o777 }
    case 'h':
      return { name: linkName, type: '1', link }
    case 'c':
    case 'b':
      return { name: deviceName, type: kind === 'c' ? '3' : '4', device: [major, minor] }
    case 'p':
      return { name: rest, type: '6' }
    default:
      throw new Error(`not a member: ${line}`)
  }
}
