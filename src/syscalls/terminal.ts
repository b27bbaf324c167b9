import { closeSync, constants, openSync } from 'node:fs'
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

function control(work: () => number): number {
  const { result, code } = call(work)
  if (result < 0) throw systemError(code, 'ioctl', '/dev/ptmx')
  return result
}
