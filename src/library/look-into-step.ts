import type { OfStep, StepChange, StepEntry, StepOptions, StepPathOptions } from '../debug-options.ts'
import { TsbuildError } from '../errors.ts'
import { layerForm, readRights } from '../executor/index.ts'
import { upperOf } from '../kept/index.ts'
import type { Environment } from '../options.ts'
import {
  absolutePath,
  type Change,
  type Entry,
  type FileTree,
  fileOfLink,
  joinPath,
  overlay,
  readContent,
  resolvePath,
  treePath,
  upperChanges,
  walk,
} from '../tree/index.ts'
import { type FoundStep, withStep } from './find-step.ts'
import { lookingOnly } from './has-store.ts'
import { openSession, type Session } from './session.ts'
import { layersOfPlace, treeOfPlace } from './step-files.ts'

/**
 * What is in a directory of a step, or the one file that is at the path.
 * @throws {TsbuildError} TSB_STEP_NOT_FOUND, TSB_STEP_AMBIGUOUS, TSB_STEP_PATH
 */
export async function listStep(options: StepPathOptions, environment: Environment): Promise<OfStep<StepEntry>> {
  return inStep(options, environment, async (step, session) => {
    const tree = await treeOfPlace(step, session)
    const entry = entryAt(tree, options.path, step)
    const names = entry.kind === 'directory' ? tree.list(entry.path) : undefined
    const entries = names?.flatMap((name) => tree.get(joinPath(entry.path, name)) ?? []) ?? [entry]
    return { label: step.label, failed: step.failed, found: entries.map((each) => stepEntry(each, tree)) }
  })
}

/**
 * The bytes of a file of a step.
 * @throws {TsbuildError} as `listStep`
 */
export async function readStep(
  options: StepPathOptions & { readonly write: (bytes: Uint8Array) => Promise<void> | void },
  environment: Environment,
): Promise<void> {
  await inStep(options, environment, async (step, session) => {
    const tree = await treeOfPlace(step, session)
    const found = entryAt(tree, options.path, step)
    const entry = found.kind === 'hardlink' ? fileOfLink(tree, found) : found
    if (entry.kind !== 'file') throw wrongPath(`${options.path} is a ${entry.kind}`, 'tsbuild ls lists a directory')
    for await (const bytes of readContent(entry)) await options.write(bytes)
  })
}

/**
 * What a step changed, in the order of a walk: of one that failed, up to then.
 * @throws {TsbuildError} TSB_STEP_NOT_FOUND, TSB_STEP_AMBIGUOUS
 */
export async function stepDiff(options: StepOptions, environment: Environment): Promise<OfStep<StepChange>> {
  return inStep(options, environment, async (step, session) => {
    const layers = layersOfPlace(step, session)
    const below: FileTree = overlay(await Promise.all(layers.slice(0, -1).map((layer) => layer.tree('part'))))
    const after = await treeOfPlace(step, session)
    const changes = await changesOf(step, below, session)
    const found = changes.flatMap((change) => stepChange(change, below, after) ?? [])
    return { label: step.label, failed: step.failed, found }
  })
}

async function inStep<T>(
  options: StepOptions,
  environment: Environment,
  work: (step: FoundStep, session: Session) => Promise<T>,
): Promise<T> {
  return await lookingOnly(environment, async (place) => {
    await using session = await openSession(place, options)
    return await withStep(options, session, place, (step) => work(step, session))
  })
}

function entryAt(tree: FileTree, path: string, { label }: FoundStep): Entry {
  const { entry } = resolvePath(tree, treePath(path), { followLast: true })
  if (entry) return entry
  throw wrongPath(`no ${path} in the files of ${label}`, 'tsbuild ls / shows what there is')
}

function wrongPath(message: string, hint: string): TsbuildError {
  return new TsbuildError('TSB_STEP_PATH', message, { hint })
}

/** An upper directory also has what was only opened for writing. */
async function changesOf({ kept, ...step }: FoundStep, below: FileTree, session: Session): Promise<readonly Change[]> {
  if (kept?.files.kind === 'upper') {
    return upperChanges(upperOf(session.store.root, kept.id), layerForm(readRights()).marks, below)
  }
  const top = layersOfPlace(step, session).at(-1)
  return top ? [...walk(await top.tree())] : []
}

/** A directory that is only on the way to a change is none. */
function stepChange(change: Change, below: FileTree, after: FileTree): StepChange | undefined {
  const path = absolutePath(change.path)
  const before = below.get(change.path)
  if (change.kind === 'whiteout') return before && { path, change: 'removed' }
  if (before?.kind === 'directory' && change.kind === 'directory' && sameDirectory(before, change)) return undefined
  return { path, change: before ? 'changed' : 'added', entry: stepEntry(change, after) }
}

function sameDirectory(a: Entry, b: Entry): boolean {
  return a.mode === b.mode && a.uid === b.uid && a.gid === b.gid
}

function stepEntry(entry: Entry, tree: FileTree): StepEntry {
  const { kind, mode, uid, gid, mtime } = entry
  const file = entry.kind === 'hardlink' ? tree.get(entry.target) : entry
  const target =
    entry.kind === 'hardlink' ? absolutePath(entry.target) : entry.kind === 'symlink' ? entry.target : undefined
  return {
    path: absolutePath(entry.path),
    kind,
    mode,
    uid,
    gid,
    size: file?.kind === 'file' ? file.size : 0,
    mtime,
    ...(target !== undefined && { target }),
  }
}
