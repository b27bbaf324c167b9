import { closeSync, constants, openSync } from 'node:fs'
import { isSystemError } from '../errors.ts'
import { makeNode } from '../syscalls/index.ts'
import type { Release } from './lock.ts'

/**
 * Who has a store open, seen without a lock: everybody keeps a fifo of it open for reading, and opening one for writing
 * fails while nobody does. That costs one system call, writes nothing, and the kernel ends it with the process.
 */
export interface Presence {
  /** Says that somebody is here, until it is told otherwise. */
  enter(): Release
  /** True when somebody is here, or that cannot be known. */
  isAnybodyHere(): boolean
  /** The same without who asks, who is away for that moment. */
  isAnybodyElseHere(): boolean
}

/** What a file system or its owner may have against a fifo. */
const refusals = ['EROFS', 'EACCES', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EINVAL', 'ENOSPC', 'EDQUOT']

/** @param path where the fifo is, or is to be */
export function openPresence(path: string): Presence {
  let own: ReturnType<typeof openFifo>
  const leave = () => {
    if (typeof own === 'number') closeSync(own)
    own = undefined
  }
  const presence: Presence = {
    enter() {
      own = openFifo(path, constants.O_RDONLY)
      return leave
    },
    isAnybodyHere() {
      const fd = openFifo(path, constants.O_WRONLY)
      if (typeof fd === 'number') closeSync(fd)
      return fd !== 'ENXIO'
    },
    isAnybodyElseHere() {
      if (own === undefined) return presence.isAnybodyHere()
      leave()
      const found = presence.isAnybodyHere()
      presence.enter()
      return found
    },
  }
  return presence
}

/** The fifo is made when it is not there. Undefined where none can be. */
function openFifo(path: string, access: number): number | 'ENXIO' | undefined {
  try {
    return openSync(path, access | constants.O_NONBLOCK | constants.O_NOFOLLOW)
  } catch (error) {
    if (isSystemError(error, 'ENXIO')) return 'ENXIO'
    if (isSystemError(error, 'ENOENT')) return makeFifo(path) ? openFifo(path, access) : undefined
    if (isSystemError(error, 'ELOOP', ...refusals)) return undefined
    throw error
  }
}

function makeFifo(path: string): boolean {
  try {
    makeNode(path, constants.S_IFIFO | 0o600)
    return true
  } catch (error) {
    if (isSystemError(error, 'EEXIST')) return true
    if (isSystemError(error, ...refusals)) return false
    throw error
  }
}
