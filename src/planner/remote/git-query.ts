import { didYouMean, TsbuildError } from '../../errors.ts'
import type { GitReference } from './git-reference.ts'
import type { GitUrl } from './git-url.ts'

type Asked = Pick<GitReference, 'ref' | 'subdir' | 'checksum' | 'keepGitDir' | 'submodules' | 'mtime' | 'fetchByCommit'>

/**
 * What fragment and query of a git URL ask for. Each may be said once, or twice alike.
 * @throws {TsbuildError} TSB_GIT_REFERENCE
 */
export function readGitQuery({ query, fragment }: GitUrl): Asked {
  const given = new Map([...(query ?? [])].map(([name, values]) => [name, oneValue(name, values)]))
  const mtime = given.get('mtime')
  const keepGitDir = switchOf('keep-git-dir', given)
  const submodules = switchOf('submodules', given)
  const ref = refOf(given, fragment?.ref)
  const subdir = alike('subdir', fragment?.subdir, given.get('subdir'))
  const checksum = given.get('commit') ?? given.get('checksum')
  return {
    ...(ref && { ref }),
    ...(subdir && { subdir }),
    ...(checksum && { checksum }),
    ...(keepGitDir !== undefined && { keepGitDir }),
    ...(submodules !== undefined && { submodules }),
    ...(mtime !== undefined && { mtime: mtimeOf(mtime) }),
    ...(switchOf('fetch-by-commit', given) && { fetchByCommit: true }),
  }
}

/** These may stand without a value, which is true. */
const switches: readonly string[] = ['keep-git-dir', 'submodules', 'fetch-by-commit']
const names: readonly string[] = [...switches, 'ref', 'tag', 'branch', 'subdir', 'checksum', 'commit', 'mtime']

function oneValue(name: string, values: readonly string[]): string {
  const [value = '', ...more] = values
  if (more.length > 0) throw wrong(`query ${JSON.stringify(name)} has multiple values`)
  if (value === '' && !switches.includes(name)) throw wrong(`query ${JSON.stringify(name)} has no value`)
  if (!names.includes(name)) throw wrong(`unexpected query ${JSON.stringify(name)}`, didYouMean(name, names))
  return value
}

function refOf(given: ReadonlyMap<string, string>, fragment: string | undefined): string | undefined {
  const tag = given.get('tag')
  const branch = given.get('branch')
  const ref = alike('ref', alike('ref', fragment, given.get('ref')), tag && below('refs/tags/', tag))
  if (branch === undefined) return ref
  if (tag !== undefined) throw wrong('branch conflicts with tag')
  return alike('ref', ref, below('refs/heads/', branch))
}

function below(folder: string, name: string): string {
  return name.startsWith(folder) ? name : folder + name
}

function alike(name: string, first: string | undefined, second: string | undefined): string | undefined {
  if (first && second && first !== second) {
    throw wrong(`${name} conflicts: ${JSON.stringify(first)} vs ${JSON.stringify(second)}`)
  }
  return first || second
}

/** As Go's `strconv.ParseBool`. */
function switchOf(name: string, given: ReadonlyMap<string, string>): boolean | undefined {
  const value = given.get(name)
  if (value === undefined) return undefined
  if (['', '1', 't', 'T', 'true', 'TRUE', 'True'].includes(value)) return true
  if (['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(value)) return false
  throw wrong(`invalid ${name} value: ${JSON.stringify(value)}`)
}

function mtimeOf(value: string): 'checkout' | 'commit' {
  if (value === 'checkout' || value === 'commit') return value
  throw wrong(`invalid mtime value: ${JSON.stringify(value)} (must be "checkout" or "commit")`)
}

function wrong(
  message: string,
  hint = `the query of a git URL may have ${[...names].sort().join(', ')}`,
): TsbuildError {
  return new TsbuildError('TSB_GIT_REFERENCE', message, { hint })
}
