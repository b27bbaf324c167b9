import { TsbuildError } from '../../errors.ts'
import type { CopyInstruction } from '../../parser/index.ts'
import { expandOptional } from '../expand.ts'
import { mainContext, type StageScope } from '../scope.ts'
import type { StageState } from '../state.ts'
import { checkChmod } from './chmod.ts'
import { addFilesOp, expandFiles, type Files } from './files.ts'
import { remoteKind } from './remote.ts'

/** COPY: files of the context, or with `--from` those of a stage, an image or a named context. */
export function lowerCopy(state: StageState, instruction: CopyInstruction, scope: StageScope): StageState {
  const files = expandFiles(instruction, state, scope)
  const chmod = expandOptional(instruction.chmod, state, scope)
  if (chmod !== undefined) checkChmod(chmod, instruction.chmod?.at)
  for (const source of files.sources) refuseRemote(source)
  const copied = instruction.from || files.sources.length > 0
  const from = instruction.from ? scope.copySource(instruction) : copied ? mainContext(scope) : undefined
  return addFilesOp(state, instruction, scope, {
    keyword: 'COPY',
    files,
    from,
    chown: expandOptional(instruction.chown, state, scope),
    chmod,
    parents: instruction.parents,
    unpack: 'never',
  })
}

function refuseRemote({ path, at }: Files['sources'][number]): void {
  const kind = remoteKind(path)
  if (!kind) return
  throw new TsbuildError('TSB_COPY_REMOTE', `source can't be a ${kind === 'git' ? 'git ref' : 'URL'} for COPY`, {
    at,
    hint: 'COPY takes local files; ADD is for URLs and git repositories',
  })
}
