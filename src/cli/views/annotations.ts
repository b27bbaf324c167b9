import { existsSync } from 'node:fs'
import path from 'node:path'
import { TsbuildError, type Warning } from '../../index.ts'
import type { SourceRange } from '../../source.ts'
import type { Session } from '../session.ts'
import { commandText } from '../text/runner-commands.ts'

/** GitHub shows ten of a kind for a step of a job; what is said is in the log besides. */
const most = 10

/**
 * What a build has to say as annotations of GitHub Actions, at the lines of the Dockerfile.
 * @param context of the build, as it was given: where the Dockerfile may lie
 */
export function annotations(
  { error, warnings }: { readonly error?: unknown; readonly warnings: readonly Warning[] },
  session: Session,
  context: string,
): string {
  const place = (at: SourceRange | undefined) => at && placeOf(at, session.environment, context)
  const told = warnings
    .slice(0, most)
    .map(({ rule, message, at }) => commandText('warning', { ...place(at), title: rule }, message))
  return told.join('') + (error === undefined ? '' : errorAnnotation(error, place))
}

function errorAnnotation(error: unknown, place: (at: SourceRange | undefined) => object | undefined): string {
  const message = error instanceof Error ? error.message : String(error)
  if (!(error instanceof TsbuildError)) return commandText('error', {}, message)
  const text = error.hint === undefined ? message : `${message}\nhint: ${error.hint}`
  return commandText('error', { ...place(error.at), title: error.code }, text)
}

/** The file from the root of the repository on, where a file of that name is. */
function placeOf({ source, start, end }: SourceRange, { cwd, env }: Session['environment'], context: string) {
  const files = [cwd, path.resolve(cwd, context)].map((folder) => path.resolve(folder, source.name))
  const file = files.find((candidate) => existsSync(candidate))
  const shown = file === undefined ? source.name : path.relative(env['GITHUB_WORKSPACE'] || cwd, file)
  const last = Math.max(start.line, end.column === 0 ? end.line - 1 : end.line)
  return { file: shown, line: start.line + 1, endLine: last > start.line ? last + 1 : undefined }
}
