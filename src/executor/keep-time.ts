import { lstatSync, lutimesSync } from 'node:fs'

/**
 * Notes when a directory was last changed.
 * @returns what gives it that time back, when it still is a directory
 */
export function keepTime(directory: string | Buffer): () => void {
  const { atime, mtime } = lstatSync(directory)
  return () => {
    if (lstatSync(directory, { throwIfNoEntry: false })?.isDirectory()) lutimesSync(directory, atime, mtime)
  }
}
