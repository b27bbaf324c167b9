import { closeSync } from 'node:fs'
import { call, codeOf, libc, systemError } from './libc.ts'

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
