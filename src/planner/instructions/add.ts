import { atPlace, TsbuildError } from '../../errors.ts'
import type { CopySource, Node, OpId, OpOf } from '../../graph/index.ts'
import type { AddInstruction, Word } from '../../parser/index.ts'
import type { SourceRange } from '../../source.ts'
import { escapePattern } from '../../tree/index.ts'
import { expandOptional } from '../expand.ts'
import { gitOp, showGitReference } from '../remote/git-reference.ts'
import { mainContext, type StageScope } from '../scope.ts'
import type { StageState } from '../state.ts'
import { addFilesOp, expandFiles } from './files.ts'
import { type RemoteSource, remoteSource } from './remote.ts'

/** A source of ADD, told apart. */
interface AddSource {
  readonly path: string
  readonly at: SourceRange
  readonly remote: RemoteSource | undefined
}

/**
 * ADD: as COPY from the context, and archives are unpacked unless `--unpack=false`. A URL gives a file, unpacked only with
 * `--unpack`; a git repository gives the files of a commit. Sources of one ADD may be of different kinds.
 */
export function lowerAdd(state: StageState, instruction: AddInstruction, scope: StageScope): StageState {
  const files = expandFiles(instruction, state, scope)
  const checksum = expandOptional(instruction.checksum, state, scope)
  const told = files.sources.map(({ path, at }) => ({ path, at, remote: remoteSource(path, at) }))
  checkChecksum(checksum, instruction.checksum, told)
  const sources = told.map((source) => addSource(source, instruction, checksum, scope))
  return addFilesOp(state, instruction, scope, { keyword: 'ADD', files, sources, parents: false })
}

function addSource(
  { path, at, remote }: AddSource,
  { unpack, keepGitDir }: AddInstruction,
  checksum: string | undefined,
  scope: StageScope,
): CopySource {
  switch (remote?.kind) {
    case undefined:
      return { from: mainContext(scope), path, ...(unpack !== false && { unpack: true }) }
    case 'http': {
      const { url, name, login } = remote.reference
      const from = fetched(
        { kind: 'http', url, name, ...(checksum !== undefined && { checksum }) },
        url,
        at,
        login,
        scope,
      )
      return { from, path: escapePattern(name), ...(unpack === true && { unpack: true }) }
    }
    case 'git': {
      const op = placed(at, () => gitOp(remote.reference, { checksum, keepGitDir }))
      return { from: fetched(op, showGitReference(op), at, remote.reference.login, scope), path: '/' }
    }
  }
}

function fetched(
  op: OpOf<'http'> | OpOf<'git'>,
  shown: string,
  at: SourceRange,
  login: Node['login'],
  { graph }: StageScope,
): OpId {
  return graph.add(op, { at, label: `[internal] load ${shown}`, ...(login && { login }) })
}

function checkChecksum(checksum: string | undefined, flag: Word | undefined, sources: readonly AddSource[]): void {
  const problem = checksum === undefined ? undefined : checksumProblem(checksum, sources)
  if (problem === undefined) return
  throw new TsbuildError('TSB_ADD_CHECKSUM', problem, {
    at: flag?.at,
    hint: 'write --checksum=sha256:… with one URL, or the id of a commit with one git repository',
  })
}

function checksumProblem(checksum: string, [only, ...others]: readonly AddSource[]): string | undefined {
  if (!only || others.length > 0) return "checksum can't be specified for multiple sources"
  if (!only.remote) return 'checksum requires HTTP(S) or Git sources'
  return only.remote.kind === 'http' ? digestProblem(checksum) : undefined
}

/** How many hex digits a digest has. */
const digestLengths: ReadonlyMap<string, number> = new Map([
  ['sha256', 64],
  ['sha384', 96],
  ['sha512', 128],
])

function digestProblem(checksum: string): string | undefined {
  const [, algorithm = '', hex = ''] = /^([a-z0-9]+(?:[+._-][a-z0-9]+)*):([A-Za-z0-9=_-]+)$/.exec(checksum) ?? []
  const length = digestLengths.get(algorithm)
  if (hex === '') return 'invalid checksum digest format'
  if (length === undefined) return 'unsupported digest algorithm'
  if (hex.length !== length) return 'invalid checksum digest length'
  return /^[0-9a-f]+$/.test(hex) ? undefined : 'invalid checksum digest format'
}

function placed<T>(at: SourceRange, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw atPlace(error, at)
  }
}
