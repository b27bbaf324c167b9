import { TsbuildError } from '../../errors.ts'
import type { AddInstruction } from '../../parser/index.ts'
import { expandOptional } from '../expand.ts'
import { mainContext, type StageScope } from '../scope.ts'
import type { StageState } from '../state.ts'
import { checkChmod } from './chmod.ts'
import { addFilesOp, expandFiles, type Files } from './files.ts'
import { remoteKind } from './remote.ts'

/** ADD: as COPY from the context, and archives are unpacked unless `--unpack=false`. */
export function lowerAdd(state: StageState, instruction: AddInstruction, scope: StageScope): StageState {
  const files = expandFiles(instruction, state, scope)
  const chmod = expandOptional(instruction.chmod, state, scope)
  if (chmod !== undefined) checkChmod(chmod, instruction.chmod?.at)
  checkChecksum(instruction, files, expandOptional(instruction.checksum, state, scope))
  for (const source of files.sources) refuseRemote(source)
  return addFilesOp(state, instruction, scope, {
    keyword: 'ADD',
    files,
    from: files.sources.length > 0 ? mainContext(scope) : undefined,
    chown: expandOptional(instruction.chown, state, scope),
    chmod,
    parents: false,
    unpack: instruction.unpack === false ? 'never' : 'auto',
  })
}

function refuseRemote({ path, at }: Files['sources'][number]): void {
  const kind = remoteKind(path)
  if (!kind) return
  const what = kind === 'git' ? 'a git repository' : 'a URL'
  throw new TsbuildError('TSB_UNSUPPORTED_ADD_SOURCE', `ADD of ${what} is not supported yet: ${withoutUser(path)}`, {
    at,
    hint: 'fetch it before the build and COPY it, or use RUN with curl or git',
  })
}

function checkChecksum(instruction: AddInstruction, files: Files, checksum: string | undefined): void {
  if (checksum === undefined) return
  const [only, ...others] = files.sources
  const remote = only && remoteKind(only.path)
  const message =
    !only || others.length > 0
      ? "checksum can't be specified for multiple sources"
      : !remote
        ? 'checksum requires HTTP(S) or Git sources'
        : remote === 'http' && !/^sha(256:[0-9a-f]{64}|384:[0-9a-f]{96}|512:[0-9a-f]{128})$/.test(checksum)
          ? 'invalid checksum digest format'
          : undefined
  if (message) throw new TsbuildError('TSB_ADD_CHECKSUM', message, { at: instruction.checksum?.at })
}

/** A URL may hold a password. */
function withoutUser(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//')
}
