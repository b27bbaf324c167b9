import { statSync } from 'node:fs'

/** True for a file or directory of this name. */
export function exists(path: string): boolean {
  return sizeOf(path) !== undefined
}

/** Bytes of a file; undefined when there is nothing of this name. Asked for each layer of a stack: a thread costs more. */
export function sizeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size
}

export function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
}

export function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}
