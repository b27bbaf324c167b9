import { renameSync } from 'node:fs'
import { isSystemError } from '../errors.ts'
import { removeTree } from './remove-tree.ts'

/** Gives a file or folder of the cache its name, also where something of another kind has it. */
export async function renameOver(made: string, path: string): Promise<void> {
  try {
    renameSync(made, path)
  } catch (error) {
    if (!isSystemError(error, 'EISDIR', 'ENOTDIR', 'ENOTEMPTY', 'EEXIST')) throw error
    await removeTree(path)
    renameSync(made, path)
  }
}
