import { createRequire } from 'node:module'
import { getSystemErrorMap } from 'node:util'

/*
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
  readonly keyctl: Call
  readonly pipe2: Call
  readonly waitpid: Call
  readonly ioctl: Call
  readonly ioctlNumber: Call
  readonly pidfdOpen: Call
  readonly pidfdGetfd: Call
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

export function libc(): Libc {
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
    keyctl: library.func('syscall', 'long', ['long', 'int', 'str']),
    pipe2: library.func('int pipe2(_Out_ int *fds, int flags)'),
    waitpid: library.func('int waitpid(int pid, _Out_ int *status, int options)'),
    pidfdOpen: library.func('syscall', 'long', ['long', 'int', 'uint']),
    pidfdGetfd: library.func('syscall', 'long', ['long', 'int', 'int', 'uint']),
    ioctl: library.func('ioctl', 'int', ['int', 'ulong', 'void *']),
    ioctlNumber: library.func('ioctl', 'int', ['int', 'ulong', 'long']),
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

/** Bytes with a NUL at the end: names are bytes, not always UTF-8. */
export function cString(path: string | Buffer): Buffer {
  return Buffer.concat([typeof path === 'string' ? Buffer.from(path) : path, Buffer.from([0])])
}

export function checked(work: () => number, syscall: string, path: string | Buffer): void {
  const { result, code } = call(work)
  if (result < 0) throw systemError(code, syscall, path)
}

/** What the waits of V8's own threads leave in `errno`, when one comes between a call and our look at it. */
const foreign: ReadonlySet<string> = new Set(['EAGAIN', 'EINTR', 'ETIMEDOUT'])

/**
 * Makes a call that may be made again. Its own error is told from one of V8 by asking again.
 * @param own codes that this call does give, though V8 may leave them too
 */
export function call(
  work: () => number,
  own: readonly string[] = [],
): { readonly result: number; readonly code: string } {
  for (let attempt = 1; ; attempt++) {
    const result = work()
    const errno = result < 0 ? libc().errno() : 0
    const code = result < 0 ? codeOf(errno) : ''
    if (!foreign.has(code) || own.includes(code) || attempt === 100) return { result, code }
  }
}

export function codeOf(errno: number): string {
  return getSystemErrorMap().get(-errno)?.[0] ?? linuxOnly[errno] ?? 'UNKNOWN'
}

/** Codes that libuv does not name. */
const linuxOnly: Readonly<Record<number, string>> = { 10: 'ECHILD', 61: 'ENODATA', 95: 'EOPNOTSUPP' }

export function systemError(code: string, syscall: string, path: string | Buffer): Error {
  return Object.assign(new Error(`${code}: ${syscall} '${path}'`), { code, syscall, path: String(path) })
}
