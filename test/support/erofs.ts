import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { erofsImage } from '../../src/erofs/index.ts'
import { type MountedImage, mountImage, openMountProbe } from '../../src/executor/sandbox/index.ts'
import { listXattrs } from '../../src/syscalls/index.ts'
import { type Change, decodeName, nameBytes, rootPath, tarIndex, walk } from '../../src/tree/index.ts'
import { scratch } from './scratch.ts'

const name = '5a'.repeat(32)

/** Why layers cannot be mounted here as EROFS images, `''` when they can. */
export function erofsProblem(): Promise<string> {
  return openMountProbe({
    path: process.env['PATH'] ?? '',
    notice: () => {},
    temporary: (prefix) => mkdtemp(join(tmpdir(), prefix)),
  }).erofsProblem()
}

/** Writes the uncompressed tar of a layer into a fresh folder. */
export async function tarOf(bytes: Uint8Array): Promise<string> {
  const tar = join(await scratch(), 'layer.tar')
  writeFileSync(tar, bytes)
  return tar
}

/** What a tar says, as an index of it has it. */
export async function changesOf(tar: string): Promise<readonly Change[]> {
  const tree = await tarIndex(tar)
  const root = tree.get(rootPath)
  return [...(root ? [root] : []), ...walk(tree)]
}

/** Writes the image of some changes over a tar. */
export async function imageOf(changes: Iterable<Change>, tar: string): Promise<string> {
  const image = join(await scratch(), 'image')
  writeFileSync(image, erofsImage(changes, { name, size: statSync(tar).size }, 'make'))
  return image
}

/** The same, and mounted. */
export async function mountOf(
  changes: Iterable<Change>,
  tar: string,
): Promise<{ readonly image: string; readonly mounted: MountedImage }> {
  const image = await imageOf(changes, tar)
  return { image, mounted: mountImage(image, tar) }
}

/** All that a directory of this machine holds, a line each, with all attributes and a digest of the bytes. */
export function everythingIn(directory: string): readonly string[] {
  const found: string[] = []
  const waiting = [{ place: Buffer.from(`${directory}/.`), path: '' }]
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const { place, path } = at
    found.push(`/${path} ${described(place)}`)
    if (!lstatSync(place).isDirectory()) continue
    for (const item of readdirSync(place, { encoding: 'buffer' })) {
      waiting.push({
        place: Buffer.concat([place, Buffer.from('/'), item]),
        path: path === '' ? decodeName(item) : `${path}/${decodeName(item)}`,
      })
    }
  }
  return found.sort()
}

function described(place: Buffer): string {
  const stats = lstatSync(place)
  if (stats.isCharacterDevice() && stats.rdev === 0) return 'gone'
  const { mode, uid, gid, rdev } = stats
  const shared = stats.isFile() ? `links=${stats.nlink} size=${stats.size}` : `rdev=${rdev}`
  const xattrs = [...(listXattrs(place) ?? [])].map(([key, value]) => `${key}=${Buffer.from(value).toString('hex')}`)
  const bytes = stats.isFile() ? createHash('sha256').update(readFileSync(place)).digest('hex') : ''
  const text = stats.isSymbolicLink() ? decodeName(readlinkSync(place, { encoding: 'buffer' })) : ''
  return [mode.toString(8), uid, gid, stats.mtimeMs / 1000, shared, ...xattrs.sort(), bytes, text].join(' ')
}

/** True when there is an `fsck.erofs` that knows blocks as small as those of a tar. */
export function hasFsckErofs(): boolean {
  const [, major = 0, minor = 0] = /(\d+)\.(\d+)/.exec(ran('fsck.erofs', '-V').text)?.map(Number) ?? []
  return major * 1000 + minor >= 1007
}

/** What `fsck.erofs` and `dump.erofs` say against an image, which they read with all files: `''` for nothing. */
export function faultsIn(image: string, tar: string): string {
  const checks = [
    ran('fsck.erofs', `--device=${tar}`, '--extract', image),
    ran('dump.erofs', '-s', `--device=${tar}`, image),
  ]
  return checks.map(({ status, text }) => (status === 0 ? '' : text || `exit ${status}`)).join('')
}

function ran(program: string, ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' })
  return { status, text: `${stdout ?? ''}${stderr ?? ''}`.trim() }
}

/** A directory to unpack into. */
export async function emptyFolder(): Promise<string> {
  const folder = join(await scratch(), 'files')
  mkdirSync(folder, { mode: 0o755 })
  return folder
}

/** The bytes of a name, for a path on this machine. */
export function placeOf(root: string, path: string): Buffer {
  return Buffer.concat([Buffer.from(`${root}/`), nameBytes(path)])
}
