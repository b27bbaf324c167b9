import { stat } from 'node:fs/promises'
import { isSystemError } from '../errors.ts'

/** True for a file or directory of this name. */
export async function exists(path: string): Promise<boolean> {
  return (await sizeOf(path)) !== undefined
}

/** Bytes of a file; undefined when there is nothing of this name. */
export async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined
    throw error
  }
}
