import { posix } from 'node:path'
import type { InlineFile, OpId } from '../../graph/index.ts'
import type { AddInstruction, CopyInstruction } from '../../parser/index.ts'
import type { SourceRange } from '../../source.ts'
import { expand, expandHeredoc, expandLabel } from '../expand.ts'
import { stepLabel } from '../label.ts'
import type { StageScope } from '../scope.ts'
import { type StageState, withLayer, workingDirectory } from '../state.ts'
import { fileName } from './heredoc-name.ts'

/** What COPY and ADD are told, expanded. */
export interface Files {
  readonly sources: readonly { readonly path: string; readonly at: SourceRange }[]
  readonly inline: readonly InlineFile[]
  /** As written. */
  readonly dest: string
}

export function expandFiles(
  instruction: CopyInstruction | AddInstruction,
  state: StageState,
  scope: StageScope,
): Files {
  return {
    sources: instruction.sources.map((word) => ({ path: expand(word, state, scope), at: word.at })),
    inline: instruction.heredocs.map((heredoc) => ({
      name: fileName(heredoc),
      text: heredoc.expand ? expandHeredoc(heredoc, state, scope) : heredoc.text,
    })),
    dest: expand(instruction.dest, state, scope),
  }
}

/** What COPY and ADD differ in. */
interface FilesRequest {
  readonly keyword: 'COPY' | 'ADD'
  readonly files: Files
  /** Absent when all sources are inline. */
  readonly from: OpId | undefined
  readonly chown: string | undefined
  readonly chmod: string | undefined
  readonly parents: boolean
  readonly unpack: 'never' | 'auto'
}

/** Adds the copy op, and the row that BuildKit writes for it: without `--from`, `--link` and `--exclude`. */
export function addFilesOp(
  state: StageState,
  instruction: CopyInstruction | AddInstruction,
  scope: StageScope,
  request: FilesRequest,
): StageState {
  const { files, from, chown, chmod, parents, unpack } = request
  const layer = scope.graph.add(
    {
      kind: 'copy',
      onto: state.snapshot,
      sources: from === undefined ? [] : files.sources.map(({ path }) => ({ from, path })),
      inline: files.inline,
      dest: destination(files.dest, state),
      ...(chown !== undefined && { chown }),
      ...(chmod !== undefined && { chmod }),
      // A mode for the directories on the way has to know which of them are there: the layer cannot stand by itself.
      link: instruction.link && chmod === undefined,
      parents,
      excludes: instruction.excludes.map((word) => expand(word, state, scope)),
      unpack,
    },
    {
      at: instruction.at,
      label: stepLabel(scope, state.steps + 1, expandLabel(instruction.text, state, scope)),
      ...(scope.noCache && { noCache: true }),
    },
  )
  return withLayer(state, layer, rowOf(request))
}

function rowOf({ keyword, files, chown, chmod, parents }: FilesRequest): string {
  return [
    keyword,
    ...(parents ? ['--parents'] : []),
    ...(chown === undefined ? [] : [`--chown=${chown}`]),
    ...(chmod === undefined ? [] : [`--chmod=${chmod}`]),
    ...files.sources.map(({ path }) => path),
    ...files.inline.map(({ name }) => `<<${name}`),
    files.dest,
    '# buildkit',
  ].join(' ')
}

/** Absolute; `.` and an empty text are the working directory itself, and a trailing slash stays. */
function destination(dest: string, state: StageState): string {
  const written = dest === '' || dest === '.' ? './' : dest
  return posix.isAbsolute(written) ? posix.normalize(written) : posix.join(workingDirectory(state), written)
}
