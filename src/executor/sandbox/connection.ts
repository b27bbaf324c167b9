import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { pid as ownPid } from 'node:process'
import { isSystemError } from '../../errors.ts'
import type { Child } from './child.ts'
import type { Connection } from './launch.ts'

/**
 * The network namespace of a process, to which `helper` gives a way out. Handles of it are kept, so that it stays when the
 * process is gone and another one can be put into it.
 */
export function connectionOf(pid: number, helper: Child): Connection {
  const handles: number[] = []
  const close = () => {
    for (const handle of handles.splice(0)) closeSync(handle)
    helper.kill()
  }
  const namespace = namespaceOf(pid, handles)
  const tables = namespace === undefined ? [] : ['tcp', 'tcp6'].map((name) => openTable(pid, name, handles))
  return { namespace, close, isFresh: () => !helper.isOver() && handles.length > 0 && tables.every(isEmpty) }
}

/** Undefined where it cannot be found by a name: `/proc` may be that of other processes, or not for us to read. */
function namespaceOf(pid: number, handles: number[]): string | undefined {
  try {
    const handle = openSync(`/proc/${pid}/ns/net`, 'r')
    handles.push(handle)
    const name = `/proc/${ownPid}/fd/${handle}`
    return statSync(name).ino === fstatSync(handle).ino ? name : undefined
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ESRCH', 'EACCES', 'EPERM')) return undefined
    throw error
  }
}

/** The connections in the namespace, those that have ended and keep their port for a while among them. */
function openTable(pid: number, name: string, handles: number[]): number | undefined {
  try {
    const handle = openSync(`/proc/${pid}/net/${name}`, 'r')
    handles.push(handle)
    return handle
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined // no IPv6
    throw error
  }
}

/** Nothing after the line of titles. */
function isEmpty(table: number | undefined): boolean {
  if (table === undefined) return true
  const bytes = Buffer.alloc(1024)
  const length = readSync(table, bytes, 0, bytes.length, 0)
  return bytes.subarray(0, length).indexOf('\n') === length - 1
}
