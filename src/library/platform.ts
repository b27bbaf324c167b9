import { readOption } from '../errors.ts'
import { type Platform, parsePlatform } from '../image/index.ts'

/**
 * The platform that was asked for, else that of the machine.
 * @throws {OptionError} TSB_PLATFORM_FORMAT
 */
export function platformOf(asked: string | undefined, machine: Platform): Platform {
  return asked === undefined ? machine : readOption(() => parsePlatform(asked, machine))
}
