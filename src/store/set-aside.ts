import { isSystemError } from '../errors.ts'
import { renameOver } from './rename-over.ts'

/** How the file of a blob ends that was damaged and part of an image. */
export const damagedSuffix = '.damaged'

/** Gives what is damaged another name, so that it can be had anew under its own. Somebody else may have done so meanwhile. */
export async function setAside(path: string): Promise<void> {
  try {
    await renameOver(path, `${path}${damagedSuffix}`)
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error
  }
}
