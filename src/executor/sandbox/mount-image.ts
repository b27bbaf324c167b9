import { closeSync, openSync } from 'node:fs'
import { pid } from 'node:process'
import { mountNowhere } from '../../syscalls/index.ts'

/** A file system that is mounted at no place. Gone when it is disposed of, or this process is. */
export interface MountedImage extends Disposable {
  /** Its root, for all processes that see the same `/proc`. */
  readonly path: string
}

/**
 * Mounts the EROFS image of a layer with its tar, read-only.
 * @throws an error of a system call
 */
export function mountImage(image: string, tar: string): MountedImage {
  const opened: number[] = []
  try {
    for (const path of [image, tar]) opened.push(openSync(path, 'r'))
    // Mount options hold 255 bytes, paths more.
    const [source = '', device = ''] = opened.map((handle) => `/proc/self/fd/${handle}`)
    const handle = mountNowhere('erofs', { source, device })
    return { path: `/proc/${pid}/fd/${handle}`, [Symbol.dispose]: () => closeSync(handle) }
  } finally {
    for (const handle of opened) closeSync(handle)
  }
}
