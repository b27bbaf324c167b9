import { TsbuildError } from '../../errors.ts'
import type { SourceRange } from '../../source.ts'

const highestId = 0xffff_fffe

/**
 * Checks `user[:group]`. A number above 2^32-2 would wrap around to another user, perhaps to root.
 * @param written what it is the value of, for the message
 * @throws {TsbuildError} TSB_USER_RANGE
 */
export function checkUser(user: string, written: string, at: SourceRange | undefined): void {
  if (user.split(':').every(isPlain)) return
  throw new TsbuildError('TSB_USER_RANGE', `${written} ${JSON.stringify(user)} is out of range`, {
    at,
    hint: `a user or group is a name, or a decimal number from 0 to ${highestId}`,
  })
}

/** A name, or a number in range and in one spelling. */
function isPlain(id: string): boolean {
  return /^\d+$/.test(id) ? Number(id) <= highestId : !/^[+-]|^0x|\s/i.test(id)
}
