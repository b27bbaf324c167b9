import { TsbuildError } from '../../errors.ts'

/** A flag, argument or environment variable that cannot be: exit code 125. */
export class FlagError extends TsbuildError {
  constructor(message: string, hint?: string) {
    super('TSB_FLAG', message, { hint })
  }
}
