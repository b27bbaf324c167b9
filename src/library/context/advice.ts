import type { Context } from '../../context/index.ts'
import type { Node } from '../../graph/index.ts'
import { formatPlace } from '../../source.ts'
import { humanSize } from '../../text/index.ts'
import { treePath } from '../../tree/index.ts'
import type { ContextAdvice, ContextFolder, ContextReport } from './report.ts'

type Facts = Omit<ContextReport, 'advice' | 'why'>

/** Of bytes that are never copied: from here on they are told of, when they are the most of the context too. */
const manyBytes = 10_000_000

/** What would make the context smaller, or a build more often cached. */
export function adviceOn(facts: Facts): readonly ContextAdvice[] {
  const found = [...gitAdvice(facts), ...packageAdvice(facts), ...unusedAdvice(facts)]
  return [...found, ...ignoreFileAdvice(facts, found.length > 0)]
}

/**
 * What can be said without listing a context: of a COPY that takes all of it, with `.git` or `node_modules` in it. Looks only at
 * those two.
 */
export function quickAdvice(nodes: readonly Node[], { tree }: Pick<Context, 'tree'>): readonly ContextAdvice[] {
  const [whole] = copiesOfAll(nodes)
  if (!whole) return []
  const by = placeOf(whole)
  return [
    ...(tree.get(treePath('.git')) ? [gitIn('', by)] : []),
    ...(tree.get(treePath('node_modules')) ? [packagesIn('node_modules', by)] : []),
  ]
}

/**
 * What a build says of a COPY that took all of a directory without an ignore file, and `.git` or `node_modules` with it. An empty
 * ignore file says that this is meant.
 * @param hasRun whether a step was not cached
 */
export function ignoreFileWanted(
  nodes: readonly Node[],
  hasRun: (node: Node) => boolean,
  { tree, isDirectory, ignoreFile }: Pick<Context, 'tree' | 'isDirectory' | 'ignoreFile'>,
): string | undefined {
  const whole = copiesOfAll(nodes).find(hasRun)
  if (!whole || !isDirectory || ignoreFile !== undefined) return undefined
  const taken = ['.git', 'node_modules'].filter((name) => tree.get(treePath(name)))
  if (taken.length === 0) return undefined
  return `advice: write a .dockerignore: ${placeOf(whole)} takes ${taken.join(' and ')}`
}

function copiesOfAll(nodes: readonly Node[]): readonly Node[] {
  const source = nodes.find(({ op }) => op.kind === 'context' && op.name === 'context')
  return nodes.filter(
    ({ op }) =>
      op.kind === 'copy' &&
      op.excludes.length === 0 &&
      op.sources.some(({ from, path }) => from === source?.id && treePath(path) === ''),
  )
}

function gitAdvice(facts: Facts): readonly ContextAdvice[] {
  const git = facts.files.find(({ path }) => path === '.git')
  if (!git) return []
  return [gitIn(sizeOf(facts, '.git'), takenBy(facts, '.git'))]
}

function gitIn(size: string, by: string): ContextAdvice {
  return {
    code: 'git',
    message: `.git${size} is part of the context${by && `: ${by} takes it, and runs again after each commit`}`,
    hint: 'add a line .git to .dockerignore; to build a commit as it is, name the repository by URL',
  }
}

function packageAdvice(facts: Facts): readonly ContextAdvice[] {
  const folders = facts.folders.filter(
    ({ path, files }) => files > 0 && /(^|\/)node_modules$/.test(path) && !/node_modules\/.*node_modules$/.test(path),
  )
  const [largest] = folders
  if (!largest) return []
  const by = folders.map(({ path }) => takenBy(facts, path)).find((text) => text !== '') ?? ''
  const others = folders.length > 1 ? ` and ${folders.length - 1} more` : ''
  return [packagesIn(`${largest.path}${sizeOf(facts, largest.path)}${others}`, by)]
}

function packagesIn(what: string, by: string): ContextAdvice {
  const taken = by && `: ${by} takes it, with programs for this machine, over what the image has installed`
  return {
    code: 'node-modules',
    message: `${what} is part of the context${taken}`,
    hint: 'add a line **/node_modules to .dockerignore, and install in a RUN',
  }
}

function unusedAdvice({ total, unused }: Facts): readonly ContextAdvice[] {
  const { bytes } = unused.total
  if (bytes < manyBytes || bytes * 2 < total.bytes) return []
  const large = unused.folders.filter((folder) => folder.bytes * 10 >= bytes)
  const [first, ...others] = large.slice(0, 3).map(({ path, isFolder }) => (isFolder ? `${path}/` : path))
  if (first === undefined) return []
  const named = [first, ...others].join(', ')
  return [
    {
      code: 'mostly-unused',
      message: `${humanSize(bytes)} of ${humanSize(total.bytes)} are never copied, most of it in ${named}`,
      hint: 'a build here does not read them; a COPY . . to come would, and other builders may send them: .dockerignore keeps them out',
    },
  ]
}

function ignoreFileAdvice({ ignoreFile, total }: Facts, isWanted: boolean): readonly ContextAdvice[] {
  if (ignoreFile || !(isWanted || total.files >= 100)) return []
  return [
    {
      code: 'no-ignore-file',
      message: 'there is no .dockerignore: all of the directory is the context',
      hint: "write one beside the Dockerfile's context, to begin with: .git, **/node_modules, .env, and what builds write",
    },
  ]
}

/** The first instruction that takes the folder as part of a larger whole: `COPY . . (Dockerfile:4)`. */
function takenBy({ files, uses }: Facts, folder: string): string {
  const found = files.find(
    ({ path, usedBy }) => usedBy.length > 0 && (path === folder || path.startsWith(`${folder}/`)),
  )
  const use = uses[found?.usedBy[0] ?? -1]
  if (!use) return ''
  return placeOf(use)
}

function placeOf({ label, at }: Pick<Node, 'label' | 'at'>): string {
  const words = label.replace(/^\[[^\]]*\] /, '')
  return at ? `${words} (${formatPlace(at)})` : words
}

function sizeOf({ folders }: Facts, folder: string): string {
  const sum: ContextFolder | undefined = folders.find(({ path }) => path === folder)
  return sum && sum.bytes >= 100_000 ? ` (${humanSize(sum.bytes)})` : ''
}
