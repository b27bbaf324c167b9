import { closeSync } from 'node:fs'
import { call, libc, systemError } from './libc.ts'

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
  const context = done(() => fsopen(430, type, closeOnExec), 'fsopen')
  try {
    for (const [key, value] of Object.entries(settings)) {
      done(() => fsconfig(431, context, setString, key, value, 0), 'fsconfig')
    }
    done(() => fsconfig(431, context, setFlag, 'ro', null, 0), 'fsconfig')
    done(() => fsconfig(431, context, create, null, null, 0), 'fsconfig')
    return done(() => fsmount(432, context, closeOnExec, readOnly | noSetuid | noDevices), 'fsmount')
  } finally {
    closeSync(context)
  }
}

const closeOnExec = 1
const [setFlag, setString, create] = [0, 1, 6]
const [readOnly, noSetuid, noDevices] = [1, 2, 4]
