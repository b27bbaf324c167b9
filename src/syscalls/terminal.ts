import { closeSync, constants, openSync, readdirSync, readlinkSync } from 'node:fs'
import { isSystemError } from '../errors.ts'
import { call, libc, systemError } from './libc.ts'

/** Both ends of a new terminal, which no child inherits: what a program has as its terminal, and who plays the keyboard. */
export interface TerminalPair {
  readonly master: number
  readonly slave: number
}

export interface WindowSize {
  readonly columns: number
  readonly rows: number
}

/** As in `asm-generic/ioctls.h`. */
const [unlock, peer, setSize] = [0x40045431, 0x5441, 0x5414]
const closeOnExec = 0o2000000

/** Handles below this one may be asked for by a child. */
const lowestHandle = 16

/** @throws with `code` where no terminals can be made: ENOENT, EACCES, ENOSPC */
export function makeTerminal(size: WindowSize): TerminalPair {
  const { O_RDWR, O_NOCTTY } = constants
  const master = openSync('/dev/ptmx', O_RDWR | O_NOCTTY)
  const inTheWay: number[] = []
  try {
    control(() => libc().ioctl(master, unlock, Buffer.alloc(4)))
    resizeTerminal(master, size)
    for (;;) {
      const slave = control(() => libc().ioctlNumber(master, peer, O_RDWR | O_NOCTTY | closeOnExec))
      if (slave >= lowestHandle) return { master, slave }
      inTheWay.push(slave)
    }
  } catch (error) {
    closeSync(master)
    throw error
  } finally {
    for (const fd of inTheWay) closeSync(fd)
  }
}

/** Says how large the window is; who has the terminal gets SIGWINCH. */
export function resizeTerminal(master: number, { columns, rows }: WindowSize): void {
  control(() => libc().ioctl(master, setSize, Buffer.from(Uint16Array.of(rows, columns, 0, 0).buffer)))
}

/** System calls by number, the same on all machines. */
const [pidfdOpen, pidfdGetfd] = [434, 438]

/**
 * The same for the terminals whose other end another process plays, which need not know. Of one that is gone, or that may not
 * be looked into, none is.
 */
export function resizeTerminalsOf(pid: number, size: WindowSize): void {
  let process: number | undefined
  try {
    const handles = readdirSync(`/proc/${pid}/fd`).filter((fd) =>
      readlinkSync(`/proc/${pid}/fd/${fd}`).endsWith('/ptmx'),
    )
    process = control(() => libc().pidfdOpen(pidfdOpen, pid, 0))
    for (const fd of handles) {
      const [from, handle] = [process, Number(fd)]
      const master = control(() => libc().pidfdGetfd(pidfdGetfd, from, handle, 0))
      try {
        resizeTerminal(master, size)
      } finally {
        closeSync(master)
      }
    }
  } catch (error) {
    if (!isSystemError(error, 'ENOENT', 'ESRCH', 'EACCES', 'EPERM', 'ENOSYS', 'EBADF', 'ENOTTY')) throw error
  } finally {
    if (process !== undefined) closeSync(process)
  }
}

function control(work: () => number): number {
  const { result, code } = call(work)
  if (result < 0) throw systemError(code, 'ioctl', '/dev/ptmx')
  return result
}
