import { closeSync, existsSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { pid as ownPid } from 'node:process'
import { isSystemError } from '../../errors.ts'
import type { Child } from './child.ts'
import type { Connection } from './launch.ts'

/**
 * The network namespace of a process, to which `helper` gives a way out. Handles of it are kept, so that it stays when the
 * process is gone and another one can be put into it.
 */
export function connectionOf(pid: number, helper: Child): Connection {
  let opened = openNamespace(pid)
  return {
    namespace: opened?.name,
    isFresh: () => opened !== undefined && !helper.isOver() && opened.tables.every(isEmpty),
    close() {
      for (const handle of opened?.handles ?? []) closeSync(handle)
      opened = undefined
      helper.kill()
    },
  }
}

interface OpenNamespace {
  /** By which `nsenter` finds it. */
  readonly name: string
  /** The connections in it, those that have ended and keep their port for a while among them. */
  readonly tables: readonly number[]
  readonly handles: readonly number[]
}

/** Undefined where it cannot be found by a name: `/proc` may be that of other processes, or not for us to read. */
function openNamespace(pid: number): OpenNamespace | undefined {
  const handles: number[] = []
  const open = (file: string) => {
    const handle = openSync(file, 'r')
    handles.push(handle)
    return handle
  }
  let isWhole = false
  try {
    const handle = open(`/proc/${pid}/ns/net`)
    const name = `/proc/${ownPid}/fd/${handle}`
    const files = ['tcp', 'tcp6'].map((table) => `/proc/${pid}/net/${table}`)
    const tables = files.filter((file, at) => at === 0 || existsSync(file)).map(open) // there may be no IPv6
    isWhole = statSync(name).ino === fstatSync(handle).ino
    return isWhole ? { name, tables, handles } : undefined
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ESRCH', 'EACCES', 'EPERM', 'EINVAL')) return undefined
    throw error
  } finally {
    if (!isWhole) for (const handle of handles) closeSync(handle)
  }
}

/** Nothing after the line of titles. */
function isEmpty(table: number): boolean {
  const bytes = Buffer.alloc(1024)
  const length = readSync(table, bytes, 0, bytes.length, 0)
  return bytes.subarray(0, length).indexOf('\n') === length - 1
}
