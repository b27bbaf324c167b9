import { TsbuildError } from '../../errors.ts'
import type { SourceRange } from '../../source.ts'

/** One clause of a symbolic mode: `u=rwX`, `go-w`, `a+r,u+x` has two, `g=u` copies. */
const clause = /^[ugoa]*([-+=][rwxXstugo]*)+$/

/**
 * Checks `--chmod`: octal up to 07777, or symbolic as chmod(1) takes it.
 * @throws {TsbuildError} TSB_CHMOD
 */
export function checkChmod(mode: string, at: SourceRange | undefined): void {
  if (/^[0-7]+$/.test(mode) && Number.parseInt(mode, 8) <= 0o7777) return
  if (mode.split(',').every((part) => clause.test(part))) return
  const message = /^\d/.test(mode)
    ? `invalid chmod parameter: '${mode}'. it should be octal string and between 0 and 07777`
    : `invalid chmod parameter: '${mode}': invalid syntax`
  throw new TsbuildError('TSB_CHMOD', message, { at, hint: 'write --chmod=0755 or --chmod=u=rwX,go=rX' })
}
