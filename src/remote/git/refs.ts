import { nearest, TsbuildError } from '../../errors.ts'
import { isCommitId } from '../../graph/index.ts'
import { shown } from './address.ts'
import { explained } from './failure.ts'
import type { Transport } from './transport.ts'

/** What a ref points at by now. */
export interface FoundRef {
  /** A commit, or an annotated tag. */
  readonly object: string
  /** The commit, when it is known before it is fetched. */
  readonly commit?: string
  /** `refs/heads/main`; absent when an id was asked for. */
  readonly name?: string
  /** The ref may point elsewhere by now: it is only what the commit is called. */
  readonly pinned?: true
}

/**
 * Asks the remote. A full commit id is not asked for.
 * @param ref absent: the default branch
 * @throws {TsbuildError} TSB_GIT_REF_NOT_FOUND, TSB_GIT_ARG, and those of `explained`
 */
export async function findRef(transport: Transport, ref: string | undefined): Promise<FoundRef> {
  if (ref !== undefined && isCommitId(ref)) return { object: ref }
  return explained(transport.remote, transport.access, () =>
    ref === undefined || ref === 'HEAD' ? defaultBranch(transport) : namedRef(transport, ref),
  )
}

async function defaultBranch({ remote, talk }: Transport): Promise<FoundRef> {
  const said = await talk(['ls-remote', '--symref', '--', remote, 'HEAD'])
  const object = parseRefs(said).get('HEAD')
  if (object === undefined) {
    throw new TsbuildError('TSB_GIT_REF_NOT_FOUND', `could not find default branch for repository: ${remote}`, {
      hint: 'the repository is empty, or its HEAD names no branch: name one with #BRANCH',
    })
  }
  const name = /^ref: (\S+)\tHEAD$/m.exec(said)?.[1]
  if (name !== undefined) checkName(name, remote)
  return { object, commit: object, ...(name !== undefined && { name }) }
}

/** In the order of BuildKit: the name as it is below `refs/`, a branch, a tag. */
async function namedRef(transport: Transport, ref: string): Promise<FoundRef> {
  const { remote, talk } = transport
  const refs = parseRefs(await talk(['ls-remote', '--', remote, ref, `${ref}^{}`]))
  const names = [below('refs/', ref), below('refs/heads/', ref), below('refs/tags/', ref)]
  const name = names.find((candidate) => refs.has(candidate))
  const object = name && refs.get(name)
  if (!object) throw await refNotFound(transport, ref)
  checkName(name, remote)
  return { object, commit: refs.get(`${name}^{}`) ?? object, name }
}

function below(folder: string, ref: string): string {
  return ref.startsWith(folder) ? ref : folder + ref
}

function parseRefs(said: string): ReadonlyMap<string, string> {
  const rows = said.split('\n').map((line) => line.split('\t'))
  return new Map(rows.flatMap(([id = '', name]) => (name !== undefined && isCommitId(id) ? [[name, id]] : [])))
}

/** A server may name its refs as it likes. */
function checkName(name: string, remote: string): void {
  const bad = /^-|\/-|\.\.|[\0-\x20\x7f~^:?*[\\]|@\{|\/\/|\/$/.test(name) || !name.startsWith('refs/')
  if (!bad) return
  throw new TsbuildError('TSB_GIT_ARG', `${remote} names a ref that is refused: ${shown(name)}`, {
    hint: 'git could take it for an option; name another ref with #BRANCH',
  })
}

async function refNotFound({ remote, talk }: Transport, ref: string): Promise<TsbuildError> {
  const said = await talk(['ls-remote', '--heads', '--tags', '--refs', '--', remote])
  const names = [...parseRefs(said).keys()].map((name) => name.replace(/^refs\/(heads|tags)\//, ''))
  const near = nearest(ref.replace(/^refs\/(heads|tags)\//, ''), names)
  return new TsbuildError('TSB_GIT_REF_NOT_FOUND', `repository does not contain ref ${ref}: ${remote}`, {
    hint: near === undefined ? hintFor(ref, names) : `did you mean "${shown(near)}"?`,
  })
}

function hintFor(ref: string, names: readonly string[]): string {
  if (/^[0-9a-f]{7,}$/.test(ref)) return 'a commit id has to be written in full'
  const some = names.slice(0, 5).map(shown)
  return some.length === 0
    ? 'the repository has no branches'
    : `it has ${some.join(', ')}${names.length > 5 ? ' …' : ''}`
}
