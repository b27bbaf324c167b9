import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { buildFolder, buildNumbers, buildsFolder, recordFile } from '../builds/index.ts'
import { mountIdFile } from '../cache/index.ts'
import { sha256 } from '../digest/index.ts'
import { isSystemError } from '../errors.ts'
import { type KeptRun, keptFolder, readKept } from '../kept/index.ts'
import type { Entry, EntryType } from './entry.ts'
import type { Measure } from './measure.ts'

/** The directories of `RUN --mount=type=cache`. Their times say when a step last had them. */
export async function mountEntries(folder: string, measure: Measure): Promise<readonly Entry[]> {
  const entries: Entry[] = []
  for (const path of pathsIn(folder)) {
    const id = textOf(join(path, mountIdFile))
    const description = id === undefined ? 'cache mount' : `cache mount ${id}`
    entries.push({ ...(await entryOf(path, 'exec.cachemount', description, [path], measure)), mutable: true })
  }
  return entries
}

/** What failed steps and containers left. @param root of the store */
export async function keptEntries(root: string, measure: Measure): Promise<readonly Entry[]> {
  const entries: Entry[] = []
  for (const path of pathsIn(join(root, keptFolder))) {
    const description = keptText(readKept(root, basename(path)), basename(path))
    entries.push({ ...(await entryOf(path, 'regular', description, [path], measure)), dangling: true })
  }
  return entries
}

function keptText(kept: KeptRun | undefined, id: string): string {
  if (!kept) return `what a command left: ${id}`
  const { kind, name, run } = kept
  if (kind === 'failed') return `failed step ${run.label}`
  return `container ${name ?? id}: ${run.op.argv.join(' ')}`
}

/** What ADD and contexts fetched: a file of a URL, or a repository with its checkouts. */
export async function fetchedEntries(folder: string, measure: Measure): Promise<readonly Entry[]> {
  const entries: Entry[] = []
  const urls = Map.groupBy(pathsIn(join(folder, 'http', 'urls')), digestIn)
  for (const path of pathsIn(join(folder, 'http', 'files'))) {
    const leading = urls.get(basename(path)) ?? []
    urls.delete(basename(path))
    entries.push(await entryOf(path, 'source.http', `file sha256:${basename(path)}`, [...leading, path], measure))
  }
  for (const [hex, leading] of urls) {
    entries.push(await entryOf(`url ${hex}`, 'source.http', 'file that is gone', leading, measure))
  }
  for (const path of pathsIn(join(folder, 'git'))) {
    const checkouts = [path, ...pathsIn(join(path, 'trees'))]
    const entry = await entryOf(path, 'source.git.checkout', `git repository ${basename(path)}`, [path], measure)
    entries.push({ ...entry, lastUsed: Math.max(...checkouts.map(measure.time)) })
  }
  return entries
}

/** All that is remembered of builds that are over, as one. Nothing makes it again, so it stays until it is forgotten. */
export async function buildEntries(root: string, measure: Measure): Promise<readonly Entry[]> {
  const over = buildNumbers(root).filter((number) => existsSync(recordFile(root, number)))
  if (over.length === 0) return []
  const folders = over.map((number) => buildFolder(root, number))
  const description = `records of ${over.length === 1 ? 'a build' : `${over.length} builds`}, with what their steps printed`
  return [{ ...(await entryOf(buildsFolder(root), 'internal', description, folders, measure)), kept: true }]
}

async function entryOf(
  path: string,
  type: EntryType,
  description: string,
  files: readonly string[],
  measure: Measure,
): Promise<Entry> {
  return {
    id: sha256(`${type} ${basename(path)}`).slice('sha256:'.length, 'sha256:'.length + 25),
    type,
    description,
    parents: [],
    lastUsed: Math.max(...files.map(measure.time)),
    uses: 0,
    mutable: false,
    parts: await measure.parts(files),
    shared: [],
    holds: [],
    kept: false,
    noted: false,
    dangling: false,
  }
}

/** The digest that a record of a URL leads to, as hex digits. */
function digestIn(file: string): string {
  return /"digest":"sha256:([0-9a-f]{64})"/.exec(textOf(file) ?? '')?.[1] ?? ''
}

function pathsIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).map((name) => join(folder, name))
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return []
    throw error
  }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'EISDIR')) return undefined
    throw error
  }
}
