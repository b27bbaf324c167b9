import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BinfmtEntry } from '../../src/executor/emulators.ts'
import { cachedFile } from './busybox-base.ts'
import { tar } from './tar.ts'

const folder = process.env['TSBUILD_QEMU'] ?? '/usr/bin'
export const qemuProgram = (architecture: string) => join(folder, `qemu-${architecture}-static`)
export const hasQemu = existsSync(qemuProgram('aarch64'))
export const noQemu = 'needs qemu-user-static (apt-get install qemu-user-static, or its folder in TSBUILD_QEMU)'

/** What Debian's package registers, by the names of qemu. */
export function debianEntries(): readonly (readonly [string, BinfmtEntry])[] {
  const place = join(folder, '../share/binfmts')
  const names = readdirSync(place).filter((name) => name.startsWith('qemu-'))
  return names.map((name) => {
    const fields = new Map(
      readFileSync(join(place, name), 'utf8')
        .split('\n')
        .map((line) => line.split(' ') as [string, string]),
    )
    const bytes = (key: string) =>
      Buffer.from(
        (fields.get(key) ?? '').replace(/\\x(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
        'latin1',
      )
    const entry = { interpreter: fields.get('interpreter') ?? '', flags: 'PF', offset: Number(fields.get('offset')) }
    return [name.replace('qemu-', ''), { ...entry, magic: bytes('magic'), mask: bytes('mask') }]
  })
}

const misc = '/proc/sys/fs/binfmt_misc'
const magic = '\\x7fELF\\x02\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00\\xb7\\x00'
const mask = '\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xfe\\xff\\xff\\xff'

/** Whether an emulator may be registered here: by root, where the kernel can, and when there is none that others put there. */
export function canRegister(): boolean {
  if (process.getuid?.() !== 0 || !hasQemu) return false
  if (!readFileSync('/proc/filesystems', 'utf8').includes('binfmt_misc')) return false
  if (readdirSync(misc).some((name) => /aarch64/.test(name))) return false
  return existsSync(join(misc, 'register')) || mountsHere()
}

/** In some containers root may not. */
function mountsHere(): boolean {
  const mounted = spawnSync('mount', ['-t', 'binfmt_misc', 'binfmt_misc', misc]).status === 0
  if (mounted) execFileSync('umount', [misc])
  return mounted
}

/** Registers the emulator of arm64 until it is disposed of. @param flags as in binfmt_misc */
export function registerArm64(flags: '' | 'F'): Disposable {
  const mounted = existsSync(join(misc, 'register'))
  if (!mounted) execFileSync('mount', ['-t', 'binfmt_misc', 'binfmt_misc', misc])
  const name = `tsbuild-aarch64-${process.pid}`
  writeFileSync(join(misc, 'register'), `:${name}:M::${magic}:${mask}:${qemuProgram('aarch64')}:${flags}`)
  return {
    [Symbol.dispose]() {
      writeFileSync(join(misc, name), '-1')
      if (!mounted) execFileSync('umount', [misc])
    },
  }
}

const url = 'http://deb.debian.org/debian/pool/main/b/busybox/'

/**
 * A root file system for arm64 as a tar: Debian's static busybox. Undefined when Debian's mirror is out of reach.
 * @see busyboxBase
 */
export function busyboxArm64(): string | undefined {
  const version = String(spawnSync('apt-cache', ['show', 'busybox-static'], { encoding: 'utf8' }).stdout)
  const [name] = /busybox-static_[^/\s]+(?=_amd64\.deb)/.exec(version) ?? []
  if (!name) return undefined
  try {
    return cachedFile(`${name}-arm64.tar`, (file) => writeFileSync(file, rootOf(`${url}${name}_arm64.deb`)))
  } catch {
    return undefined
  }
}

/** Names of programs are links: a shell that finds one as a program of itself runs that without the kernel. */
function rootOf(from: string): Buffer {
  const place = mkdtempSync(join(tmpdir(), 'tsbuild-arm64-'))
  try {
    execFileSync('curl', ['-sSf', '--max-time', '60', '-o', join(place, 'busybox.deb'), from])
    mkdirSync(join(place, 'root'))
    execFileSync('dpkg-deb', ['-x', join(place, 'busybox.deb'), join(place, 'root')])
    const program = readFileSync(join(place, 'root/bin/busybox'))
    return tar(
      { name: 'bin/', type: '5' },
      { name: 'bin/busybox', body: program, mode: 0o755 },
      ...['sh', 'uname', 'cat', 'touch'].map((each) => ({
        name: `bin/${each}`,
        type: '2',
        link: 'busybox',
        mode: 0o777,
      })),
      'd dev/',
      'd proc/',
      'd sys/',
    )
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}
