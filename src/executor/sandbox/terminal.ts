import { closeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { ReadStream } from 'node:tty'
import { isSystemError, TsbuildError } from '../../errors.ts'
import { makeTerminal, resizeTerminal, type TerminalPair, type WindowSize } from '../../syscalls/index.ts'
import type { StepInput } from './sandbox.ts'

/** The terminal of who wants to type into a step. */
export interface UserTerminal {
  size(): WindowSize
  /** @returns what ends it; so does `onInput` */
  onResize(told: () => void): () => void
  onInput(told: (bytes: Uint8Array) => void): () => void
  show(bytes: Uint8Array): void
}

/** Milliseconds for what was still written to come out. */
const patience = 1000

/**
 * Runs `work` with a terminal for a command that is joined to the one of the user. The command never has that one itself: it
 * could type into it.
 * @throws {TsbuildError} TSB_TERMINAL_UNAVAILABLE
 */
export async function onTerminal<T>(
  user: UserTerminal,
  work: (input: Extract<StepInput, { kind: 'terminal' }>) => Promise<T>,
): Promise<T> {
  const { master, slave } = open(user.size())
  const stream = new ReadStream(master)
  const { promise: ended, resolve } = Promise.withResolvers<void>()
  stream.on('data', (bytes) => user.show(bytes))
  // When nobody has the other end any more, reading fails.
  stream.on('error', () => resolve())
  stream.on('close', () => resolve())
  const told = new Set<(size: WindowSize) => void>()
  const forget = [
    user.onInput((bytes) => void stream.write(bytes)),
    user.onResize(() => {
      resizeTerminal(master, user.size())
      for (const tell of told) tell(user.size())
    }),
  ]
  const onResize = (tell: (size: WindowSize) => void) => {
    told.add(tell)
    return () => told.delete(tell)
  }
  try {
    return await work({ kind: 'terminal', slave, size: user.size(), onResize })
  } finally {
    for (const end of forget) end()
    closeSync(slave)
    await Promise.race([ended, sleep(patience, undefined, { ref: false })])
    stream.destroy()
  }
}

function open(size: WindowSize): TerminalPair {
  try {
    return makeTerminal(size)
  } catch (error) {
    if (!isSystemError(error, 'ENOENT', 'EACCES', 'EPERM', 'EIO', 'ENOSPC', 'ENOTTY', 'EINVAL')) throw error
    throw new TsbuildError('TSB_TERMINAL_UNAVAILABLE', `no terminal can be made here: ${error.message}`, {
      hint: 'is /dev/pts mounted? A command after -- needs no terminal',
      cause: error,
    })
  }
}
