import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { isSystemError } from '../errors.ts'
import type { Platform } from '../image/index.ts'
import { elfHeader, emptyProgram, isStatic } from './elf.ts'
import type { Emulation } from './emulation.ts'

const registered = '/proc/sys/fs/binfmt_misc'

export interface EmulatorPorts {
  /** A fresh private directory. */
  readonly temporary: (prefix: string) => Promise<string>
  /** Where the kernel shows what is registered. */
  readonly folder?: string
  /** Where emulators are installed. */
  readonly programs?: string
}

/**
 * Looks for an emulator: among those that the kernel shows, else by running a program that does nothing, since a container
 * does not see what the kernel of its machine has.
 * @see https://docs.kernel.org/admin-guide/binfmt-misc.html
 */
export async function findEmulation(
  platform: Platform,
  { temporary, folder = registered, programs = '/usr/bin' }: EmulatorPorts,
): Promise<Emulation> {
  const header = elfHeader(platform)
  const found = header && entriesOf(folder).find((entry) => isFor(entry, header))
  if (found) return emulationBy(found)
  if (await runsHere(platform, temporary)) return { kind: 'kernel' }
  const installed = path.join(programs, `qemu-${qemuNames[platform.architecture] ?? platform.architecture}-static`)
  return { kind: 'none', ...(existsSync(installed) && { installed }) }
}

/** What qemu calls otherwise. */
const qemuNames: Readonly<Record<string, string>> = {
  amd64: 'x86_64',
  '386': 'i386',
  arm64: 'aarch64',
  loong64: 'loongarch64',
  mipsle: 'mipsel',
  mips64le: 'mips64el',
}

/** What the kernel does with files that begin in some way. */
export interface BinfmtEntry {
  readonly interpreter: string
  readonly flags: string
  readonly offset: number
  readonly magic: Buffer
  readonly mask: Buffer | undefined
}

/** Reads a file of `binfmt_misc`; undefined for one that is switched off or goes by the extension of names. */
export function parseEntry(text: string): BinfmtEntry | undefined {
  const fields = new Map(
    text.split('\n').map((line) => {
      const [key = '', ...rest] = line.split(' ')
      return [key.replace(/:$/, ''), rest.join(' ')] as const
    }),
  )
  const [interpreter, magic, mask] = [fields.get('interpreter'), fields.get('magic'), fields.get('mask')]
  if (!fields.has('enabled') || !interpreter || !magic) return undefined
  return {
    interpreter,
    flags: fields.get('flags') ?? '',
    offset: Number(fields.get('offset') ?? 0),
    magic: Buffer.from(magic, 'hex'),
    mask: mask ? Buffer.from(mask, 'hex') : undefined,
  }
}

/** Whether the kernel takes an entry for a file that begins with these bytes. */
export function isFor({ offset, magic, mask }: BinfmtEntry, header: Buffer): boolean {
  return magic.every((byte, i) => {
    const relevant = mask?.[i] ?? 0xff
    return ((header[offset + i] ?? 0) & relevant) === (byte & relevant)
  })
}

/** An emulator that needs libraries of its own finds none in the files of a step. */
function emulationBy({ interpreter, flags }: BinfmtEntry): Emulation {
  if (flags.includes('F')) return { kind: 'kernel' }
  const useless = (why: string) => ({
    kind: 'none' as const,
    problem: `${interpreter}, which is registered without flag F, ${why}`,
  })
  try {
    const source = realpathSync(interpreter)
    if (!isStatic(readFileSync(source))) return useless('is no static program: what it needs is in no step')
    return { kind: 'interpreter', path: interpreter, source }
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'EACCES', 'ENOTDIR', 'ELOOP', 'EISDIR')) return useless('cannot be read')
    throw error
  }
}

function entriesOf(folder: string): readonly BinfmtEntry[] {
  return namesIn(folder).flatMap((name) => {
    if (name === 'register' || name === 'status') return []
    return parseEntry(readFileSync(path.join(folder, name), 'utf8')) ?? []
  })
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'EACCES', 'ENOTDIR')) return []
    throw error
  }
}

async function runsHere(platform: Platform, temporary: EmulatorPorts['temporary']): Promise<boolean> {
  const program = emptyProgram(platform)
  if (!program) return false
  const folder = await temporary('emulation')
  try {
    const file = path.join(folder, 'nothing')
    writeFileSync(file, program, { mode: 0o755 })
    // Where the kernel refuses it a shell tries, to which it is nonsense: that does not end with 0 either.
    return await new Promise((resolve) => execFile(file, { timeout: 10_000 }, (error) => resolve(error === null)))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
