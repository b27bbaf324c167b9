import { TsbuildError } from '../../errors.ts'
import type { AddInstruction } from '../../parser/index.ts'
import { expandOptional } from '../expand.ts'
import type { StageScope } from '../scope.ts'
import type { StageState } from '../state.ts'
import { addFilesOp, contextFor, expandFiles, type Files } from './files.ts'
import { remoteKind } from './remote.ts'

/** ADD: as COPY from the context, and archives are unpacked unless `--unpack=false`. */
export function lowerAdd(state: StageState, instruction: AddInstruction, scope: StageScope): StageState {
  const files = expandFiles(instruction, state, scope)
  checkChecksum(instruction, files, expandOptional(instruction.checksum, state, scope))
  for (const source of files.sources) refuseRemote(source)
  const unpack = instruction.unpack !== false
  const from = contextFor(files, scope)
  return addFilesOp(state, instruction, scope, { keyword: 'ADD', files, from, parents: false, unpack })
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
  const message = checksum === undefined ? undefined : checksumProblem(files, checksum)
  if (message) throw new TsbuildError('TSB_ADD_CHECKSUM', message, { at: instruction.checksum?.at })
}

function checksumProblem({ sources: [only, ...others] }: Files, checksum: string): string | undefined {
  if (!only || others.length > 0) return "checksum can't be specified for multiple sources"
  const remote = remoteKind(only.path)
  if (!remote) return 'checksum requires HTTP(S) or Git sources'
  const known = /^sha(256:[0-9a-f]{64}|384:[0-9a-f]{96}|512:[0-9a-f]{128})$/.test(checksum)
  return remote === 'http' && !known ? 'invalid checksum digest format' : undefined
}

/** A URL may hold a password. */
function withoutUser(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//')
}
