import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import type { Digest } from '../../digest/index.ts'
import { TsbuildError } from '../../errors.ts'
import type { Mount, OpId } from '../../graph/index.ts'
import {
  type Change,
  contentId,
  type Entry,
  type FileTree,
  fileOfLink,
  parentPath,
  resolvePath,
  rootPath,
  type TreePath,
  treePath,
  walk,
  walkApart,
} from '../../tree/index.ts'
import type { OpContext } from '../ops/op-executor.ts'
import { filesOf } from '../values.ts'
import type { PreparedMount } from './mount.ts'

type BindMount = Extract<Mount, { kind: 'bind' }>

/** What a path of another op's files leads to. */
export interface MountSource {
  readonly tree: FileTree
  /** Where it really is, with all links followed inside the tree. */
  readonly entry: Entry
}

/** @throws {TsbuildError} TSB_MOUNT_SOURCE_MISSING */
export async function mountSource(
  from: OpId,
  source: string,
  { inputs }: Pick<OpContext, 'inputs'>,
): Promise<MountSource> {
  const value = inputs.value(from)
  const tree = await filesOf(value)
  const { entry } = resolvePath(tree, treePath(source), { followLast: true })
  if (entry) return { tree, entry: entry.kind === 'hardlink' ? fileOfLink(tree, entry) : entry }
  const rule = value.kind === 'context' ? value.files.excludedBy(source) : undefined
  throw new TsbuildError('TSB_MOUNT_SOURCE_MISSING', `failed to compute cache key: "${source}": not found`, {
    hint: rule ? `${rule} excludes it` : 'the source of a mount has to exist in what it is mounted from',
  })
}

/** The content id of what a bind mount shows. */
export async function bindContent(mount: BindMount, context: OpContext): Promise<Digest> {
  const { tree, entry } = await mountSource(mount.from, mount.source, context)
  return contentId([entry, ...walkApart(tree, entry.path)], (file) => context.ports.cache.digests.digest(file))
}

/**
 * A stage is shown by mounting its layers. Where nothing may be mounted, and of a context, the chosen files become a layer
 * of their own first.
 */
export async function prepareBind(mount: BindMount, folder: string, context: OpContext): Promise<PreparedMount> {
  const { tree, entry } = await mountSource(mount.from, mount.source, context)
  const value = context.inputs.value(mount.from)
  const rootfs = await context.ports.rootfs()
  const isMounted = rootfs.name !== 'copy' && value.kind === 'snapshot' && value.layers.length > 0
  const layers = isMounted
    ? value.layers
    : [await context.ports.cache.layers.fromChanges(withParents(tree, entry), context.signal)]
  const lowers = await rootfs.lowers(layers, tree, path.join(folder, 'implied'))
  return {
    shows: { from: mount.from, layers },
    target: { path: mount.target, kind: entry.kind === 'directory' ? 'directory' : 'file' },
    mount: async (target) => ({
      kind: 'overlay',
      lowers,
      upper: await madeIn(folder, 'upper'),
      work: await madeIn(folder, 'work'),
      merged: await madeIn(folder, 'merged'),
      subpath: entry.path,
      target,
      readOnly: !mount.writable,
    }),
  }
}

/** An entry, all below it, and the directories above: a tree with nothing else in it. */
function* withParents(tree: FileTree, entry: Entry): Iterable<Change> {
  for (const at of pathsAbove(entry.path)) {
    const directory = tree.get(at)
    if (directory) yield directory
  }
  if (entry.path !== rootPath) yield entry
  yield* walk(tree, entry.path)
}

function pathsAbove(path: TreePath): readonly TreePath[] {
  const above: TreePath[] = []
  for (let at = parentPath(path); at !== rootPath; at = parentPath(at)) above.unshift(at)
  return above
}

async function madeIn(folder: string, name: string): Promise<string> {
  const directory = path.join(folder, name)
  await mkdir(directory, { recursive: true, mode: 0o755 })
  return directory
}
