import { TsbuildError } from '../../errors.ts'
import type { CopyInstruction } from '../../parser/index.ts'
import { mainContext, type StageScope } from '../scope.ts'
import type { StageState } from '../state.ts'
import { addFilesOp, expandFiles, type Files } from './files.ts'
import { remoteSource } from './remote.ts'

/** COPY: files of the context, or with `--from` those of a stage, an image or a named context. */
export function lowerCopy(state: StageState, instruction: CopyInstruction, scope: StageScope): StageState {
  const files = expandFiles(instruction, state, scope)
  for (const source of files.sources) refuseRemote(source)
  const from = () => (instruction.from ? scope.copySource(instruction) : mainContext(scope))
  const sources = files.sources.map(({ path }) => ({ from: from(), path }))
  return addFilesOp(state, instruction, scope, { keyword: 'COPY', files, sources, parents: instruction.parents })
}

function refuseRemote({ path, at }: Files['sources'][number]): void {
  const kind = remoteSource(path, at)?.kind
  if (!kind) return
  throw new TsbuildError('TSB_COPY_REMOTE', `source can't be a ${kind === 'git' ? 'git ref' : 'URL'} for COPY`, {
    at,
    hint: 'COPY takes local files; ADD is for URLs and git repositories',
  })
}
