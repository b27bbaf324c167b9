import { TsbuildError } from '../../errors.ts'
import { parseSymbolicMode } from './symbolic-mode.ts'

/** Changes permission bits: what `--chmod` means for one file. */
export interface ModeChange {
  /** True for an octal mode, which directories made on the way get too. */
  readonly absolute: boolean
  apply(mode: number, isDirectory: boolean): number
}

/**
 * Reads `0755` or `u=rwX,go=rX`.
 * @throws {TsbuildError} TSB_CHMOD for anything else
 */
export function parseMode(text: string): ModeChange {
  if (/^[0-7]+$/.test(text)) {
    const mode = Number.parseInt(text, 8)
    if (mode <= 0o7777) return { absolute: true, apply: () => mode }
  }
  const apply = parseSymbolicMode(text)
  if (!apply) throw invalidMode(text)
  return { absolute: false, apply }
}

function invalidMode(text: string): TsbuildError {
  return new TsbuildError(
    'TSB_CHMOD',
    `invalid chmod parameter: '${text}'. it should be octal string and between 0 and 07777`,
    { hint: 'or a symbolic mode, such as u=rwX,go=rX' },
  )
}
