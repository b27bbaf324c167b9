import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  lstatSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { isSystemError, TsbuildError } from '../errors.ts'
import { makeFolder } from '../make-folder.ts'
import { writing } from './failure.ts'

/** Every directory of a store, parents first. `cache` and `trees` may be deleted at any time. */
const folders = ['oci', 'oci/blobs', 'oci/blobs/sha256', 'origins', 'cache', 'trees', 'mounts', 'locks', 'tmp'] as const

/**
 * Makes the directories of a store, or checks those that are there. Only their owner may look inside: layers hold
 * set-uid files of whatever image was pulled.
 * @returns the real path of the root
 * @throws {TsbuildError} TSB_STORE_UNSAFE when other users could have written to it; TSB_STORE_FOREIGN for a
 *   directory of something else; TSB_STORE_VERSION for one that another tsbuild made; TSB_STORE_READ_ONLY, TSB_DISK_FULL
 */
export async function prepareFolders(root: string): Promise<string> {
  if (!statSync(root, { throwIfNoEntry: false })) await addFolder(root)
  const real = realpathSync(root)
  // Node has no other way to ask who we are below the command line; a process owns its folder in /proc.
  const owner = statSync('/proc/self').uid
  checkFolder(real, lstatSync(real), owner)
  checkOurs(real)
  const version = checkVersion(real)
  for (const folder of folders) {
    const path = join(real, folder)
    checkFolder(path, lstatSync(path, { throwIfNoEntry: false }) ?? (await addFolder(path)), owner)
  }
  if (version === undefined) markVersion(real)
  await markLayout(join(real, 'oci', 'oci-layout'))
  return real
}

/** The mode is set apart from making, which the umask has a say in. Another process may be faster. */
async function addFolder(path: string): Promise<Stats> {
  return writing(path, 0, async () => {
    if (makeFolder(path, 0o700)) chmodSync(path, 0o700)
    return lstatSync(path)
  })
}

function checkFolder(path: string, found: Stats, owner: number): void {
  if (!found.isDirectory()) throw unsafe(path, 'it is not a directory', `remove ${path}`)
  if (found.uid !== owner) {
    throw unsafe(path, `it belongs to ${userText(found.uid)}`, 'give --root, or TSBUILD_ROOT, a directory of your own')
  }
  if (found.mode & 0o022)
    throw unsafe(path, 'other users may write to it', `chmod 700 ${path}, if you trust what is in it`)
}

/** In a user namespace all that are none of its users have one number. */
function userText(uid: number): string {
  return uid === noUser ? 'another user' : `user ${uid}`
}

/** The kernel's own choice of it. */
const noUser = 65534

/** What only a store has; its other folders may be deleted, or not be there yet. */
const marks: readonly string[] = ['oci', 'cache', 'version']

/** A directory of something else is not filled with folders of ours, and later pruned. A fresh file system may be one. */
function checkOurs(root: string): void {
  const names = readdirSync(root).filter((name) => name !== 'lost+found')
  const isOurs = (name: string) => name === 'visitors' || folders.some((folder) => folder === name)
  if (names.every(isOurs) || names.some((name) => marks.includes(name))) return
  const strange = names.find((name) => !isOurs(name)) ?? ''
  throw new TsbuildError(
    'TSB_STORE_FOREIGN',
    `${root} is no store of tsbuild: it has ${JSON.stringify(strange)} in it`,
    {
      hint: 'give --root, or TSBUILD_ROOT, an empty or new directory',
    },
  )
}

function unsafe(path: string, why: string, hint: string): TsbuildError {
  return new TsbuildError('TSB_STORE_UNSAFE', `the store ${path} is not safe to use: ${why}`, { hint })
}

/** Raised when an older tsbuild would misread what is in a store, or a newer one an older store. */
const storeVersion = '1'

/**
 * The version of a store; undefined for one that does not say it, which is of the first, from before this was said.
 * @throws {TsbuildError} TSB_STORE_VERSION
 */
export function checkVersion(root: string): string | undefined {
  const path = join(root, 'version')
  const found = versionIn(path)
  if (found === undefined || found === storeVersion) return found
  const message = `the store was made by another tsbuild: ${path} says ${JSON.stringify(found)}, this one knows version ${storeVersion}`
  throw new TsbuildError('TSB_STORE_VERSION', message, {
    hint: 'use the tsbuild that made it, or give --root, or TSBUILD_ROOT, another directory',
  })
}

/** Where that cannot be written now, the next start does it. What another start sweeps away meanwhile, that one writes. */
function markVersion(root: string): void {
  const unfinished = join(root, 'tmp', `version-${randomBytes(16).toString('hex')}`)
  try {
    writeFileSync(unfinished, `${storeVersion}\n`, { mode: 0o600, flag: 'wx', flush: true })
    renameSync(unfinished, join(root, 'version'))
  } catch (error) {
    if (!isSystemError(error, 'EROFS', 'EACCES', 'ENOSPC', 'EDQUOT', 'ENOENT')) throw error
  }
}

/** What the file says, shortened; undefined when there is none. */
function versionIn(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim().slice(0, 40)
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined
    if (isSystemError(error, 'EISDIR')) return 'a directory'
    throw error
  }
}

/** @see https://github.com/opencontainers/image-spec/blob/main/image-layout.md#oci-layout-file */
async function markLayout(path: string): Promise<void> {
  try {
    if (lstatSync(path, { throwIfNoEntry: false })) return
    const text = '{"imageLayoutVersion":"1.0.0"}\n'
    await writing(path, 0, async () => writeFileSync(path, text, { mode: 0o600, flag: 'wx' }))
  } catch (error) {
    if (!isSystemError(error, 'EEXIST')) throw error
  }
}
