import { posix } from 'node:path'
import { TsbuildError } from '../../errors.ts'
import type { WorkdirInstruction } from '../../parser/index.ts'
import type { SourceRange } from '../../source.ts'
import { checkRelativeWorkdir } from '../checks/relative-workdir.ts'
import { expand, expandLabel } from '../expand.ts'
import { stepLabel } from '../label.ts'
import type { StageScope } from '../scope.ts'
import { type StageState, withConfig, withLayer, withRow } from '../state.ts'

/** WORKDIR: relative to the one before. Makes the directory, owned by the USER in force; one layer for all but `/`. */
export function lowerWorkdir(state: StageState, instruction: WorkdirInstruction, scope: StageScope): StageState {
  const path = expand(instruction.path, state, scope)
  checkRelativeWorkdir(path, instruction.path.at, state, scope.warn)
  const directory = resolveWorkdir(state.image.config?.WorkingDir, path)
  checkLength(directory, instruction.path.at)
  const changed = withConfig({ ...state, workdirSet: true }, { WorkingDir: directory })
  if (directory === '/') return withRow(changed, `WORKDIR ${directory}`)
  const layer = scope.graph.add(
    {
      kind: 'mkdir',
      onto: state.snapshot,
      path: cleanDirectory(directory),
      mode: 0o755,
      owner: state.image.config?.User ?? '',
    },
    {
      at: instruction.at,
      label: stepLabel(scope, state, expandLabel(instruction.text, state, scope)),
      ...(scope.noCache && { noCache: true }),
    },
  )
  return withLayer(changed, layer, `WORKDIR ${directory}`)
}

/** Bytes of the longest path that Linux takes, without the zero byte at its end. */
const lengthLimit = 4095

function checkLength(directory: string, at: SourceRange): void {
  const bytes = Buffer.byteLength(directory)
  if (bytes <= lengthLimit) return
  throw new TsbuildError('TSB_WORKDIR', `WORKDIR is a path of ${bytes} bytes: file name too long`, {
    at,
    hint: `a path has at most ${lengthLimit} bytes; a relative WORKDIR is added to the one before`,
  })
}

/** An absolute path is kept as it is written; a relative one, also an empty one, is joined to the directory before. */
export function resolveWorkdir(current: string | undefined, path: string): string {
  return posix.isAbsolute(path) ? path : cleanDirectory(posix.join('/', current ?? '', path))
}

/** Without `.`, `..`, doubled or trailing slashes. */
export function cleanDirectory(path: string): string {
  const clean = posix.normalize(path)
  return clean.length > 1 ? clean.replace(/\/$/, '') : clean
}
