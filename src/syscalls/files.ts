import { call, checked, cString, libc, systemError } from './libc.ts'

/** All extended attributes of a file; undefined when it has none, or the file system knows none. */
export function listXattrs(path: string | Buffer): ReadonlyMap<string, Uint8Array> | undefined {
  if (hasNone(path)) return undefined
  const found = new Map<string, Uint8Array>()
  for (const name of xattrNames(path)) {
    const value = readXattr(path, name)
    if (value) found.set(name, value)
  }
  return found.size === 0 ? undefined : found
}

/** One extended attribute; undefined when the file does not have it. */
export function getXattr(path: string | Buffer, name: string): Uint8Array | undefined {
  if (hasNone(path)) return undefined
  return xattrNames(path).includes(name) ? readXattr(path, name) : undefined
}

/** The short way for most files; when it cannot tell, the other calls do. */
function hasNone(path: string | Buffer): boolean {
  return typeof path === 'string' && libc().xattrLength(path, null, 0) === 0
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
