import { statSync } from 'node:fs'

/** True for a file or directory of this name. */
export async function exists(path: string): Promise<boolean> {
  return (await sizeOf(path)) !== undefined
}

/** Bytes of a file; undefined when there is nothing of this name. */
export async function sizeOf(path: string): Promise<number | undefined> {
  return statSync(path, { throwIfNoEntry: false })?.size
}
