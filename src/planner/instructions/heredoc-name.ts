import { TsbuildError } from '../../errors.ts'
import type { Heredoc } from '../../parser/index.ts'

/**
 * The name of a heredoc where it becomes a file: one piece of a path, so that it lies where the instruction says.
 * @throws {TsbuildError} TSB_HEREDOC_NAME
 */
export function fileName({ name, at }: Heredoc): string {
  if (!/[/\0]/.test(name) && name !== '.' && name !== '..') return name
  throw new TsbuildError('TSB_HEREDOC_NAME', `${JSON.stringify(name)} cannot be the name of a file`, {
    at,
    hint: 'name the heredoc with a plain word, and the folder in the destination',
  })
}
