import path from 'node:path'
import { OptionError, TsbuildError } from '../../errors.ts'
import type { CopyOp, Node } from '../../graph/index.ts'
import type { BuildOptions, Environment } from '../../options.ts'
import { planImage } from '../../plan-image.ts'
import {
  type FileTree,
  isWithin,
  matchName,
  patternList,
  resolvePath,
  rootPath,
  type TreePath,
  treePath,
  wildcardStart,
} from '../../tree/index.ts'
import { contextSource, defaultNames, type Inputs, namedSource } from '../inputs/index.ts'
import { load } from '../load.ts'
import { openSession } from '../session.ts'

/** What of this machine a build reads. */
export interface BuildReads {
  /** Absolute: the Dockerfile and ignore files, there or not. */
  readonly files: readonly string[]
  readonly contexts: readonly ContextReads[]
}

/** What of a directory is read. */
export interface ContextReads {
  readonly directory: string
  /** Without what the ignore file takes away. */
  readonly tree: FileTree
  /** True for a path that a step takes, there or not. */
  reads(path: TreePath): boolean
  /** True for a directory in which, or below which, there may be such. */
  mayReadBelow(directory: TreePath): boolean
}

/**
 * What a build reads. Where the Dockerfile is wrong that is the Dockerfile itself, and what was read before.
 * @throws {OptionError} TSB_WATCH_CONTEXT for a context that is no directory
 */
export async function readsOf(options: BuildOptions, environment: Environment): Promise<BuildReads> {
  const directories = await directoriesOf(options, environment)
  const definition = definitionFiles(options, directories.get('context') ?? environment.cwd, environment)
  try {
    await using session = await openSession(environment, { ...options, remember: 'when-done' })
    const loaded = await load(session, { ...options, onEvent: () => {} }, environment)
    const plans = await Promise.all(
      loaded.requests.map((request) => planImage(loaded.dockerfile, request, session.bases, loaded.times)),
    )
    const nodes = plans.flatMap((plan) => plan.nodes)
    const contexts = await Promise.all(
      [...directories].map(([name, directory]) => contextReads(name, directory, nodes, loaded.context)),
    )
    const ignore = [...directories.values()].map((directory) => path.join(directory, '.dockerignore'))
    return { files: [...definition, ...ignore], contexts }
  } catch (error) {
    if (!(error instanceof TsbuildError) || error instanceof OptionError) throw error
    const ignore = [...directories.values()].map((directory) => path.join(directory, '.dockerignore'))
    return { files: [...definition, ...ignore], contexts: [] }
  }
}

/** By the names that the plan has for them. */
async function directoriesOf(options: BuildOptions, { cwd }: Environment): Promise<ReadonlyMap<string, string>> {
  const { context, contexts = {} } = options
  const source =
    typeof context === 'string'
      ? await contextSource(context, cwd, { keepGitDir: false, mtime: 'checkout' })
      : { kind: 'stream' as const }
  if (source.kind !== 'directory' || options.file === '-') {
    throw new OptionError('TSB_WATCH_CONTEXT', '--watch needs files of this machine: a directory and its Dockerfile', {
      hint: 'check a repository out, or unpack an archive, and name the directory',
    })
  }
  const named = Object.entries(contexts).flatMap(([name, text]) => {
    const found = namedSource(name, text)
    return found.kind === 'local' ? [[name, path.resolve(cwd, found.directory)] as const] : []
  })
  return new Map([['context', source.path], ...named])
}

function definitionFiles({ file }: BuildOptions, directory: string, { cwd }: Environment): readonly string[] {
  if (file !== undefined && /^https?:/.test(file)) return []
  const names = file === undefined ? defaultNames.map((name) => path.join(directory, name)) : []
  const given = file === undefined ? [] : [cwd, directory].map((from) => path.resolve(from, file))
  return [...names, ...given].flatMap((each) => [each, `${each}.dockerignore`])
}

async function contextReads(
  name: string,
  directory: string,
  nodes: readonly Node[],
  open: Inputs['context'],
): Promise<ContextReads> {
  const ids = new Set(nodes.flatMap(({ id, op }) => (op.kind === 'context' && op.name === name ? [id] : [])))
  if (ids.size === 0) return { directory, tree: emptyTree, reads: () => false, mayReadBelow: () => false }
  const { tree, ignorePatterns } = await open(name)
  const wanted = nodes.flatMap(({ op }): readonly Wanted[] => {
    if (op.kind === 'copy')
      return op.sources.flatMap(({ from, path: source }) => (ids.has(from) ? wantedBy(source, op, tree) : []))
    if (op.kind !== 'run') return []
    return op.mounts.flatMap((mount) =>
      'from' in mount && mount.from && ids.has(mount.from) ? wantedBy(mount.source ?? '/', undefined, tree) : [],
    )
  })
  const ignored = patternList(ignorePatterns)
  return {
    directory,
    tree,
    reads: (at) => !ignored.matches(at) && wanted.some(({ takes }) => takes(at)),
    mayReadBelow: (at) =>
      (at === rootPath || !ignored.matches(at) || ignored.mayDifferBelow(at)) &&
      wanted.some(({ mayTake }) => mayTake(at)),
  }
}

interface Wanted {
  readonly takes: (path: TreePath) => boolean
  readonly mayTake: (directory: TreePath) => boolean
}

/** A source as it is written, and as it is when links on the way are followed. What leads to one counts too. */
function wantedBy(source: string, op: CopyOp | undefined, tree: FileTree): readonly Wanted[] {
  const start = wildcardStart(source)
  const excluded = patternList(op?.parents ? [] : (op?.excludes ?? []))
  if (start !== undefined || op?.parents) return [wildcard(source, start ?? rootPath, excluded, op?.parents ?? false)]
  const written = treePath(source)
  const real = resolvePath(tree, written, { followLast: true }).path
  return [...new Set([written, real])].map((root) => ({
    takes: (at) => isWithin(at, root) || (isWithin(root, at) && !excluded.matches(below(at, root))),
    mayTake: (at) => isWithin(at, root) || isWithin(root, at),
  }))
}

/** A wildcard matches piece by piece; `--parents` has patterns of its own, so all below its beginning counts. */
function wildcard(source: string, start: TreePath, excluded: ReturnType<typeof patternList>, parents: boolean): Wanted {
  const pattern = treePath(source)
  const count = pattern.split('/').length
  const matched = (at: TreePath) => at.split('/').slice(0, count).join('/')
  return {
    takes(at) {
      if (isWithin(at, start) && at !== start) return true
      if (!isWithin(start, at)) return false
      if (parents) return true
      const root = matched(at)
      return (
        root.split('/').length < count || (matchName(pattern, root) && !excluded.matches(below(at, root as TreePath)))
      )
    },
    mayTake: (at) => isWithin(at, start) || isWithin(start, at),
  }
}

function below(at: TreePath, root: TreePath): string {
  return root === rootPath ? at : at.slice(root.length + 1)
}

const emptyTree: FileTree = { get: () => undefined, list: () => [] }
