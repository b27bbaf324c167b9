import { TsbuildError } from '../errors.ts'
import type { GitOp, HttpOp, Node } from '../graph/index.ts'
import type { AddInstruction, ArgInstruction, Stage, Word } from '../parser/index.ts'
import type { SourceRange } from '../source.ts'
import { expandGlobal, type Reading } from './expand.ts'
import { gitOp, parseGitReference } from './remote/git-reference.ts'
import { parseHttpReference } from './remote/http-reference.ts'
import type { PlanRequest } from './request.ts'
import { setVariable, type Variables } from './variables.ts'

/** What a stage adds from elsewhere. */
export interface RemoteSource {
  readonly op: GitOp | HttpOp
  readonly login?: Node['login']
}

/**
 * What the stage that SOURCE_DATE_EPOCH names brings: FROM scratch, ARGs, and one ADD of a URL or git repository.
 * @param globals what FROM sees, without SOURCE_DATE_EPOCH itself
 * @throws {TsbuildError} TSB_EPOCH for any other stage
 */
export function epochStageSource(
  { from, instructions }: Stage,
  request: PlanRequest,
  globals: Variables,
  reading: Reading,
): RemoteSource {
  if (expandGlobal(from.image, globals, reading) !== 'scratch') throw unfit('stage must use FROM scratch', from.at)
  const variables = new Map(globals)
  let source: RemoteSource | undefined
  for (const line of instructions) {
    if (line.kind === 'arg') declare(line, variables, request, reading)
    else if (line.kind !== 'add') {
      throw unfit(`stage does not meet source-only requirements: unsupported ${line.kind} instruction`, line.at)
    } else if (source) throw unfit('stage must contain exactly one remote ADD', line.at)
    else source = addSource(line, (word) => expandGlobal(word, variables, reading))
  }
  if (!source) throw unfit('stage must contain exactly one remote ADD', from.at)
  return source
}

function declare(
  { args }: ArgInstruction,
  variables: Map<string, string>,
  request: PlanRequest,
  reading: Reading,
): void {
  for (const { name, value } of args) {
    const given = request.buildArgs.get(name) ?? (value && expandGlobal(value, variables, reading))
    if (given !== undefined) setVariable(variables, name, given)
  }
}

function addSource(add: AddInstruction, expanded: (word: Word) => string): RemoteSource {
  const [source, ...more] = add.sources
  if (!source || more.length > 0 || add.heredocs.length > 0) {
    throw unfit('stage must contain exactly one remote ADD source', add.at)
  }
  const text = expanded(source)
  const checksum = (add.checksum && expanded(add.checksum)) || undefined
  const git = parseGitReference(text)
  if (git && !git.looksLocal) {
    return { op: gitOp(git, { checksum, keepGitDir: add.keepGitDir }), ...(git.login && { login: git.login }) }
  }
  const http = parseHttpReference(text)
  if (!http) throw unfit('stage source must be a single HTTP(S) or Git ADD', source.at)
  const { url, name, login } = http
  return { op: { kind: 'http', url, name, ...(checksum && { checksum }) }, ...(login && { login }) }
}

function unfit(what: string, at: SourceRange): TsbuildError {
  return new TsbuildError('TSB_EPOCH', `SOURCE_DATE_EPOCH ${what}`, {
    at,
    hint: 'such a stage is FROM scratch AS NAME and one ADD of a URL or git repository',
  })
}
