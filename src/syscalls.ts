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
  /** Of a path in text, with room for nothing: how long the list is. */
  readonly xattrLength: (path: string, list: null, size: 0) => number
  readonly lgetxattr: Call
  readonly lsetxattr: Call
  readonly lremovexattr: Call
  readonly mknod: Call
  readonly flock: Call
  readonly fsopen: Call
  readonly fsconfig: Call
  readonly fsmount: Call
  readonly pipe2: Call
  readonly waitpid: Call
  readonly posix_spawn: Call
  readonly posix_spawn_file_actions_init: Call
  readonly posix_spawn_file_actions_adddup2: Call
  readonly posix_spawn_file_actions_addclose: Call
  readonly posix_spawn_file_actions_destroy: Call
  readonly posix_spawnattr_init: Call
  readonly posix_spawnattr_setsigdefault: Call
  readonly posix_spawnattr_setsigmask: Call
  readonly posix_spawnattr_setflags: Call
  readonly posix_spawnattr_destroy: Call
  readonly errno: () => number
}

let loaded: Libc | undefined

function libc(): Libc {
  if (loaded) return loaded
  const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi')
  const library = koffi.load(null)
  loaded = {
    llistxattr: library.func('int64_t llistxattr(const void *path, _Out_ uint8_t *list, size_t size)'),
    xattrLength: library.func('llistxattr', 'int64_t', ['const char *', 'void *', 'size_t']),
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
    pipe2: library.func('int pipe2(_Out_ int *fds, int flags)'),
    waitpid: library.func('int waitpid(int pid, _Out_ int *status, int options)'),
    ...spawnCalls((declaration) => library.func(declaration)),
    errno: () => koffi.errno(),
  }
  return loaded
}

function spawnCalls(declared: (declaration: string) => Call) {
  const actions = (name: string, more: string) =>
    declared(`int posix_spawn_file_actions_${name}(_Inout_ uint8_t *actions${more})`)
  const attributes = (name: string, more: string) =>
    declared(`int posix_spawnattr_${name}(_Inout_ uint8_t *attributes${more})`)
  return {
    posix_spawn: declared(
      'int posix_spawn(_Out_ int *pid, const char *path, const void *actions, const void *attributes, const char **argv, const char **envp)',
    ),
    posix_spawn_file_actions_init: actions('init', ''),
    posix_spawn_file_actions_adddup2: actions('adddup2', ', int fd, int as'),
    posix_spawn_file_actions_addclose: actions('addclose', ', int fd'),
    posix_spawn_file_actions_destroy: actions('destroy', ''),
    posix_spawnattr_init: attributes('init', ''),
    posix_spawnattr_setsigdefault: attributes('setsigdefault', ', const void *set'),
    posix_spawnattr_setsigmask: attributes('setsigmask', ', const void *set'),
    posix_spawnattr_setflags: attributes('setflags', ', short flags'),
    posix_spawnattr_destroy: attributes('destroy', ''),
  }
}

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
  const context = done(() => fsopen(430, type, closeMountOnExec), 'fsopen')
  try {
    for (const [key, value] of Object.entries(settings)) {
      done(() => fsconfig(431, context, setString, key, value, 0), 'fsconfig')
    }
    done(() => fsconfig(431, context, setFlag, 'ro', null, 0), 'fsconfig')
    done(() => fsconfig(431, context, create, null, null, 0), 'fsconfig')
    return done(() => fsmount(432, context, closeMountOnExec, readOnly | noSetuid | noDevices), 'fsmount')
  } finally {
    closeSync(context)
  }
}

const closeMountOnExec = 1
const [setFlag, setString, create] = [0, 1, 6]
const [readOnly, noSetuid, noDevices] = [1, 2, 4]
/** Both ends of a pipe that no child inherits. */
export interface Pipe {
  readonly reader: number
  readonly writer: number
}

const closeOnExec = 0o2000000

/** Handles below this one may be asked for by a child, so its own must not stand in their way. */
const lowestHandle = 16

export function makePipe(): Pipe {
  const inTheWay: number[] = []
  try {
    for (;;) {
      const fds = [-1, -1]
      const { result, code } = call(() => libc().pipe2(fds, closeOnExec))
      const [reader = -1, writer = -1] = fds
      if (result < 0) throw systemError(code, 'pipe2', '')
      if (Math.min(reader, writer) >= lowestHandle) return { reader, writer }
      inTheWay.push(reader, writer)
    }
  } finally {
    for (const fd of inTheWay) closeSync(fd)
  }
}

/** A program to start. */
export interface Started {
  /** Absolute path. */
  readonly program: string
  /** Without the name of the program. */
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Its handles from 0 on, by what they are here: as `makePipe` gives them, or what comes before its place is taken. */
  readonly handles: readonly number[]
  /** Handles that it must not inherit, though nothing marks them so. */
  readonly closed: readonly number[]
}

/**
 * Starts a program as the leader of a session of its own, with all signals as they are by default. Unlike the `spawn` of
 * Node this does not copy the page tables of this process, which takes longer than all the child does. Whoever calls has to
 * ask `reap` until the child has ended.
 * @returns its process number
 * @throws with `code` as Node's own error: E2BIG, ENOENT, EACCES …
 */
export function startProcess({ program, args, env, handles, closed }: Started): number {
  const texts = [program, ...args, ...Object.entries(env).map(([name, value]) => `${name}=${value}`)]
  if (texts.some((text) => text.includes('\0'))) throw new TypeError('an argument has a NUL in it')
  const [actions, attributes] = [Buffer.alloc(spawnStruct), Buffer.alloc(spawnStruct)]
  const library = libc()
  const checkedCall = (result: number) => {
    if (result !== 0) throw systemError(codeOf(result), 'posix_spawn', program)
  }
  checkedCall(library.posix_spawn_file_actions_init(actions))
  checkedCall(library.posix_spawnattr_init(attributes))
  try {
    for (const [as, fd] of handles.entries()) {
      checkedCall(library.posix_spawn_file_actions_adddup2(actions, fd, as))
    }
    for (const fd of closed) {
      if (fd >= handles.length) checkedCall(library.posix_spawn_file_actions_addclose(actions, fd))
    }
    checkedCall(library.posix_spawnattr_setsigdefault(attributes, Buffer.alloc(signalSet, 0xff)))
    checkedCall(library.posix_spawnattr_setsigmask(attributes, Buffer.alloc(signalSet)))
    checkedCall(library.posix_spawnattr_setflags(attributes, spawnFlags))
    const pid = [0]
    const argv = [program, ...args, null]
    const envp = [...texts.slice(1 + args.length), null]
    checkedCall(library.posix_spawn(pid, program, actions, attributes, argv, envp))
    return pid[0] ?? 0
  } finally {
    library.posix_spawn_file_actions_destroy(actions)
    library.posix_spawnattr_destroy(attributes)
  }
}

/** Bytes that have room for the structures of glibc (336) and of musl. */
const spawnStruct = 512
/** Bytes of a `sigset_t`. */
const signalSet = 128
/** POSIX_SPAWN_SETSIGDEF, SETSIGMASK and SETSID. */
const spawnFlags = 0x04 | 0x08 | 0x80

/** How a process ended: its exit code, or the number of the signal that killed it. */
export interface Reaped {
  readonly code: number | undefined
  readonly signal: number | undefined
}

/** Takes what is left of a child that has ended; undefined while it runs. After that its number means nothing any more. */
export function reap(pid: number): Reaped | undefined {
  const status = [0]
  const { result, code } = call(() => libc().waitpid(pid, status, 1))
  if (result < 0) throw systemError(code, 'waitpid', String(pid))
  if (result === 0) return undefined
  const [word = 0] = status
  const signal = word & 0x7f
  return signal === 0 ? { code: (word >> 8) & 0xff, signal: undefined } : { code: undefined, signal }
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
const linuxOnly: Readonly<Record<number, string>> = { 10: 'ECHILD', 61: 'ENODATA', 95: 'EOPNOTSUPP' }

function systemError(code: string, syscall: string, path: string | Buffer): Error {
  return Object.assign(new Error(`${code}: ${syscall} '${path}'`), { code, syscall, path: String(path) })
}
