import { createRequire } from 'node:module'
import { getSystemErrorMap } from 'node:util'

/**
 * The few system calls that Node has no function for, by koffi. Loaded on first use: a cached build needs none of them.
 * Paths are never followed when their last piece is a symbolic link. Failures are thrown as Node's own are, with `code`
 * (`EPERM`), `errno` and `syscall`.
 */

type Call = (...args: unknown[]) => number
interface Libc {
  readonly llistxattr: Call
  readonly lgetxattr: Call
  readonly lsetxattr: Call
  readonly lremovexattr: Call
  readonly mknod: Call
  readonly flock: Call
  readonly errno: () => number
}

let loaded: Libc | undefined

function libc(): Libc {
  if (loaded) return loaded
  const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi')
  const library = koffi.load(null)
  loaded = {
    llistxattr: library.func('int64_t llistxattr(const void *path, _Out_ uint8_t *list, size_t size)'),
    lgetxattr: library.func('int64_t lgetxattr(const void *path, const char *name, _Out_ uint8_t *value, size_t size)'),
    lsetxattr: library.func(
      'int lsetxattr(const void *path, const char *name, const void *value, size_t size, int flags)',
    ),
    lremovexattr: library.func('int lremovexattr(const void *path, const char *name)'),
    mknod: library.func('int mknod(const void *path, uint32_t mode, uint64_t dev)'),
    flock: library.func('int flock(int fd, int operation)'),
    errno: () => koffi.errno(),
  }
  return loaded
}

/** All extended attributes of a file; undefined when it has none, or the file system knows none. */
export function listXattrs(path: string | Buffer): ReadonlyMap<string, Uint8Array> | undefined {
  const size = xattrSize(path)
  if (size === 0) return undefined
  const names = Buffer.alloc(size)
  const length = checked(libc().llistxattr(cString(path), names, size), 'llistxattr', path)
  const found = new Map<string, Uint8Array>()
  for (const name of names.toString('utf8', 0, length).split('\0')) {
    if (name === '') continue
    const value = getXattr(path, name)
    if (value) found.set(name, value)
  }
  return found.size === 0 ? undefined : found
}

/** One extended attribute; undefined when the file does not have it. */
export function getXattr(path: string | Buffer, name: string): Uint8Array | undefined {
  const bytes = new Uint8Array(65536)
  const length = libc().lgetxattr(cString(path), name, bytes, bytes.length)
  if (length >= 0) return bytes.slice(0, length)
  if (['ENODATA', 'ENOTSUP', 'EOPNOTSUPP'].includes(lastErrorCode())) return undefined
  throw systemError('lgetxattr', path)
}

export function setXattr(path: string | Buffer, name: string, value: Uint8Array): void {
  checked(libc().lsetxattr(cString(path), name, value, value.length, 0), 'lsetxattr', path)
}

export function removeXattr(path: string | Buffer, name: string): void {
  checked(libc().lremovexattr(cString(path), name), 'lremovexattr', path)
}

/** Makes a fifo or device node. `mode` has the type bits (`constants.S_IFIFO`) and the permissions. */
export function makeNode(path: string | Buffer, mode: number, major = 0, minor = 0): void {
  checked(libc().mknod(cString(path), mode, deviceNumber(major, minor)), 'mknod', path)
}

/** Major and minor of a `st_rdev`, as glibc packs it. */
export function splitDevice(rdev: bigint): { readonly major: number; readonly minor: number } {
  const major = ((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & ~0xfffn)
  const minor = (rdev & 0xffn) | ((rdev >> 12n) & ~0xffn)
  return { major: Number(major & 0xffffffffn), minor: Number(minor & 0xffffffffn) }
}

/**
 * Takes an advisory lock on an open file; the kernel gives it back when the last copy of the handle closes, also when the
 * process is killed.
 * @returns false when another process holds it and `wait` is false
 */
export function lockFile(fd: number, kind: 'shared' | 'exclusive', wait: boolean): boolean {
  const operation = (kind === 'shared' ? 1 : 2) | (wait ? 0 : 4)
  if (libc().flock(fd, operation) === 0) return true
  if (['EWOULDBLOCK', 'EAGAIN'].includes(lastErrorCode())) return false
  throw systemError('flock', String(fd))
}

function xattrSize(path: string | Buffer): number {
  const size = libc().llistxattr(cString(path), null, 0)
  if (size >= 0) return size
  if (['ENOTSUP', 'EOPNOTSUPP'].includes(lastErrorCode())) return 0
  throw systemError('llistxattr', path)
}

function deviceNumber(major: number, minor: number): bigint {
  const [high, low] = [BigInt(major), BigInt(minor)]
  return ((high & 0xfffn) << 8n) | ((high & ~0xfffn) << 32n) | (low & 0xffn) | ((low & ~0xffn) << 12n)
}

/** Bytes with a NUL at the end: names are bytes, not always UTF-8. */
function cString(path: string | Buffer): Buffer {
  return Buffer.concat([typeof path === 'string' ? Buffer.from(path) : path, Buffer.from([0])])
}

function checked(result: number, syscall: string, path: string | Buffer): number {
  if (result < 0) throw systemError(syscall, path)
  return result
}

function lastErrorCode(): string {
  return getSystemErrorMap().get(-libc().errno())?.[0] ?? linuxOnly[libc().errno()] ?? 'UNKNOWN'
}

/** Codes that libuv does not name. */
const linuxOnly: Readonly<Record<number, string>> = { 61: 'ENODATA', 95: 'EOPNOTSUPP' }

function systemError(syscall: string, path: string | Buffer): Error {
  const errno = libc().errno()
  const code = lastErrorCode()
  return Object.assign(new Error(`${code}: ${syscall} '${path}'`), { code, errno: -errno, syscall, path: String(path) })
}
