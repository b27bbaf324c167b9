import { closeSync } from 'node:fs'
import { createRequire } from 'node:module'
import { getSystemErrorMap } from 'node:util'

/**
 * The few system calls that Node has no function for, by koffi. Loaded on first use: a cached build needs none of them.
 * Paths are never followed when their last piece is a symbolic link. Failures are thrown as Node's own are, with `code`
 * (`EPERM`), `syscall` and `path`.
 */

type Call = (...args: unknown[]) => number
interface Libc {
  readonly llistxattr: Call
  readonly lgetxattr: Call
  readonly lsetxattr: Call
  readonly lremovexattr: Call
  readonly mknod: Call
  readonly flock: Call
  readonly fsopen: Call
  readonly fsconfig: Call
  readonly fsmount: Call
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
    // By number, the same on all machines: older C libraries have no names for these.
    fsopen: library.func('syscall', 'long', ['long', 'str', 'uint']),
    fsconfig: library.func('syscall', 'long', ['long', 'int', 'uint', 'str', 'str', 'int']),
    fsmount: library.func('syscall', 'long', ['long', 'int', 'uint', 'uint']),
    errno: () => koffi.errno(),
  }
  return loaded
}

/** All extended attributes of a file; undefined when it has none, or the file system knows none. */
export function listXattrs(path: string | Buffer): ReadonlyMap<string, Uint8Array> | undefined {
  const found = new Map<string, Uint8Array>()
  for (const name of xattrNames(path)) {
    const value = readXattr(path, name)
    if (value) found.set(name, value)
  }
  return found.size === 0 ? undefined : found
}

/** One extended attribute; undefined when the file does not have it. */
export function getXattr(path: string | Buffer, name: string): Uint8Array | undefined {
  return xattrNames(path).includes(name) ? readXattr(path, name) : undefined
}

function readXattr(path: string | Buffer, name: string): Uint8Array | undefined {
  const bytes = new Uint8Array(65536)
  const { result, code } = call(() => libc().lgetxattr(cString(path), name, bytes, bytes.length))
  if (result >= 0) return bytes.slice(0, result)
  if (code === 'ENODATA') return undefined
  throw systemError(code, 'lgetxattr', path)
}

export function setXattr(path: string | Buffer, name: string, value: Uint8Array): void {
  checked(() => libc().lsetxattr(cString(path), name, value, value.length, 0), 'lsetxattr', path)
}

export function removeXattr(path: string | Buffer, name: string): void {
  checked(() => libc().lremovexattr(cString(path), name), 'lremovexattr', path)
}

/** Makes a fifo or device node. `mode` has the type bits (`constants.S_IFIFO`) and the permissions. */
export function makeNode(path: string | Buffer, mode: number, major = 0, minor = 0): void {
  checked(() => libc().mknod(cString(path), mode, deviceNumber(major, minor)), 'mknod', path)
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
  const { result, code } = call(() => libc().flock(fd, operation), wait ? [] : ['EAGAIN'])
  if (result === 0) return true
  if (code === 'EAGAIN') return false
  throw systemError(code, 'flock', String(fd))
}

/**
 * Mounts a file system read-only at no place: it is there for who has the handle, or a path like `/proc/7/fd/9`, and goes
 * with the last handle, also when the process is killed.
 * @param settings as `mount -o` has them, and `source`; 255 bytes each
 * @returns the handle of its root, which no child inherits
 */
export function mountNowhere(type: string, settings: Readonly<Record<string, string>>): number {
  const { fsopen, fsconfig, fsmount } = libc()
  const done = (work: () => number, syscall: string) => {
    const { result, code } = call(work)
    if (result >= 0) return result
    throw systemError(code, syscall, type)
  }
  const context = done(() => fsopen(430, type, closeOnExec), 'fsopen')
  try {
    for (const [key, value] of Object.entries(settings)) {
      done(() => fsconfig(431, context, setString, key, value, 0), 'fsconfig')
    }
    done(() => fsconfig(431, context, setFlag, 'ro', null, 0), 'fsconfig')
    done(() => fsconfig(431, context, create, null, null, 0), 'fsconfig')
    return done(() => fsmount(432, context, closeOnExec, readOnly | noSetuid | noDevices), 'fsmount')
  } finally {
    closeSync(context)
  }
}

const closeOnExec = 1
const [setFlag, setString, create] = [0, 1, 6]
const [readOnly, noSetuid, noDevices] = [1, 2, 4]

/** Most files have none: asking for the list costs no failed call. */
function xattrNames(path: string | Buffer): readonly string[] {
  const list = (names: Buffer | null, size: number) => call(() => libc().llistxattr(cString(path), names, size))
  const { result: size, code } = list(null, 0)
  if (size === 0 || ['ENOTSUP', 'EOPNOTSUPP'].includes(code)) return []
  if (size < 0) throw systemError(code, 'llistxattr', path)
  const names = Buffer.alloc(size)
  const { result: length, code: second } = list(names, size)
  if (length < 0) throw systemError(second, 'llistxattr', path)
  return names
    .toString('utf8', 0, length)
    .split('\0')
    .filter((name) => name !== '')
}

function deviceNumber(major: number, minor: number): bigint {
  const [high, low] = [BigInt(major), BigInt(minor)]
  return ((high & 0xfffn) << 8n) | ((high & ~0xfffn) << 32n) | (low & 0xffn) | ((low & ~0xffn) << 12n)
}

/** Bytes with a NUL at the end: names are bytes, not always UTF-8. */
function cString(path: string | Buffer): Buffer {
  return Buffer.concat([typeof path === 'string' ? Buffer.from(path) : path, Buffer.from([0])])
}

function checked(work: () => number, syscall: string, path: string | Buffer): void {
  const { result, code } = call(work)
  if (result < 0) throw systemError(code, syscall, path)
}

/** What the waits of V8's own threads leave in `errno`, when one comes between a call and our look at it. */
const foreign: ReadonlySet<string> = new Set(['EAGAIN', 'EINTR', 'ETIMEDOUT'])

/**
 * Makes a call that may be made again. Its own error is told from one of V8 by asking again.
 * @param own codes that this call does give, though V8 may leave them too
 */
function call(work: () => number, own: readonly string[] = []): { readonly result: number; readonly code: string } {
  for (let attempt = 1; ; attempt++) {
    const result = work()
    const errno = result < 0 ? libc().errno() : 0
    const code = result < 0 ? codeOf(errno) : ''
    if (!foreign.has(code) || own.includes(code) || attempt === 100) return { result, code }
  }
}

function codeOf(errno: number): string {
  return getSystemErrorMap().get(-errno)?.[0] ?? linuxOnly[errno] ?? 'UNKNOWN'
}

/** Codes that libuv does not name. */
const linuxOnly: Readonly<Record<number, string>> = { 61: 'ENODATA', 95: 'EOPNOTSUPP' }

function systemError(code: string, syscall: string, path: string | Buffer): Error {
  return Object.assign(new Error(`${code}: ${syscall} '${path}'`), { code, syscall, path: String(path) })
}
