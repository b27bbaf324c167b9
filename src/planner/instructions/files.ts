import type { CopySource, InlineFile } from '../../graph/index.ts'
import { withoutLogins } from '../../logins.ts'
import type { AddInstruction, CopyInstruction } from '../../parser/index.ts'
import type { SourceRange } from '../../source.ts'
import { checkIgnoredSource } from '../checks/ignored-sources.ts'
import { expand, expandHeredoc, expandLabel, expandOptional } from '../expand.ts'
import { stepLabel } from '../label.ts'
import type { StageScope } from '../scope.ts'
import { type StageState, withLayer, workingDirectory } from '../state.ts'
import { checkChmod } from './chmod.ts'
import { resolveDestination, warnOfMissingSlash } from './destination.ts'
import { fileName } from './heredoc-name.ts'
import { remoteSource } from './remote.ts'
import { checkUser } from './user-range.ts'

/** What COPY and ADD are told, expanded. */
export interface Files {
  readonly sources: readonly { readonly path: string; readonly at: SourceRange }[]
  readonly inline: readonly InlineFile[]
  /** As written. */
  readonly dest: string
  readonly chown: string | undefined
  readonly chmod: string | undefined
}

export function expandFiles(
  instruction: CopyInstruction | AddInstruction,
  state: StageState,
  scope: StageScope,
): Files {
  const chown = expandOptional(instruction.chown, state, scope)
  const chmod = expandOptional(instruction.chmod, state, scope)
  if (chown !== undefined) checkUser(chown, '--chown', instruction.chown?.at)
  if (chmod !== undefined) checkChmod(chmod, instruction.chmod?.at)
  return {
    sources: instruction.sources.map((word) => ({ path: expand(word, state, scope), at: word.at })),
    inline: instruction.heredocs.map((heredoc) => ({
      name: fileName(heredoc),
      text: heredoc.expand ? expandHeredoc(heredoc, state, scope) : heredoc.text,
    })),
    dest: expand(instruction.dest, state, scope),
    chown,
    chmod,
  }
}

/** What COPY and ADD differ in. */
interface FilesRequest {
  readonly keyword: 'COPY' | 'ADD'
  readonly files: Files
  /** `files.sources`, each with where it is from. */
  readonly sources: readonly CopySource[]
  readonly parents: boolean
}

/**
 * Adds the copy op, and the row that BuildKit writes for it: without `--from`, `--link` and `--exclude`, and here without
 * user and password of a URL.
 */
export function addFilesOp(
  state: StageState,
  instruction: CopyInstruction | AddInstruction,
  scope: StageScope,
  request: FilesRequest,
): StageState {
  const { files, sources, parents } = request
  const { chown, chmod } = files
  warnOfMissingSlash(files, instruction.dest.at, scope)
  warnOfIgnoredSources(instruction, request, scope)
  const layer = scope.graph.add(
    {
      kind: 'copy',
      onto: state.snapshot,
      sources,
      inline: files.inline,
      dest: resolveDestination(files.dest, workingDirectory(state)),
      ...(chown !== undefined && { chown }),
      ...(chmod !== undefined && { chmod }),
      // A mode for the directories on the way has to know which of them are there: the layer cannot stand by itself.
      link: instruction.link && chmod === undefined,
      parents,
      excludes: instruction.excludes.map((word) => expand(word, state, scope)),
    },
    {
      at: instruction.at,
      label: stepLabel(scope, state, withoutLogins(expandLabel(instruction.text, state, scope))),
      ...(scope.noCache && { noCache: true }),
    },
  )
  return withLayer(state, layer, rowOf(request))
}

function warnOfIgnoredSources(
  instruction: CopyInstruction | AddInstruction,
  { keyword, files }: FilesRequest,
  { isIgnored, warn }: StageScope,
): void {
  if (!isIgnored || (instruction.kind === 'copy' && instruction.from)) return
  for (const source of files.sources) {
    if (!remoteSource(source.path, source.at)) checkIgnoredSource(keyword, source, isIgnored, warn)
  }
}

function rowOf({ keyword, files, parents }: FilesRequest): string {
  const { chown, chmod } = files
  return [
    keyword,
    ...(parents ? ['--parents'] : []),
    ...(chown === undefined ? [] : [`--chown=${chown}`]),
    ...(chmod === undefined ? [] : [`--chmod=${chmod}`]),
    ...files.sources.map(({ path }) => withoutLogins(path)),
    ...files.inline.map(({ name }) => `<<${name}`),
    files.dest,
    '# buildkit',
  ].join(' ')
}
