import { chmod, chown } from 'node:fs/promises'
import { isSystemError, TsbuildError } from '../../errors.ts'
import { idRangesHint } from '../sandbox/index.ts'

/** Who a file of a mount belongs to, and what its mode is. */
interface Owned {
  readonly uid: number
  readonly gid: number
  readonly mode: number
}

/**
 * Gives what a mount shows its owner and mode.
 * @throws {TsbuildError} TSB_SANDBOX_USER when the numbers mean nothing in the user namespace tsbuild runs in
 */
export async function giveAway(file: string, { uid, gid, mode }: Owned): Promise<void> {
  try {
    await chown(file, uid, gid)
  } catch (error) {
    if (!isSystemError(error, 'EINVAL', 'EPERM')) throw error
    throw new TsbuildError('TSB_SANDBOX_USER', `a mount cannot belong to ${uid}:${gid}: it is not mapped here`, {
      hint: `without root, ${idRangesHint}`,
    })
  }
  await chmod(file, mode)
}
