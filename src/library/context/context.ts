import path from 'node:path'
import { type Context, findIgnoreFile } from '../../context/index.ts'
import { TsbuildError } from '../../errors.ts'
import { takenPaths } from '../../executor/index.ts'
import type { Node, Plan } from '../../graph/index.ts'
import type { Environment } from '../../options.ts'
import { planImage } from '../../plan-image.ts'
import { treePath } from '../../tree/index.ts'
import type { Hush } from '../hush.ts'
import { type Loaded, load } from '../load.ts'
import { shownBases } from '../ports.ts'
import { progressTo } from '../progress.ts'
import { openSession, type Session } from '../session.ts'
import { type Unreached, withStandIns } from '../unreached.ts'
import { adviceOn } from './advice.ts'
import { answer } from './answer.ts'
import { listContext } from './list.ts'
import type { ContextFile, ContextOptions, ContextReport, ContextUse } from './report.ts'
import { foldersOf, totalOf, unusedOf } from './sums.ts'

/**
 * What is in the context of a build, what of it the Dockerfile takes, and what is never copied. Lists all of the context, which
 * a build does not; reads no file of it, and runs nothing.
 * @throws {TsbuildError} for what is wrong with the Dockerfile, the ignore file or the options
 */
export async function context(options: ContextOptions, environment: Environment): Promise<ContextReport> {
  await using session = await openSession(environment, { ...options, remember: false })
  if (session.secrets.ids.length === 0) return await contextIn(session, options, environment)
  const hush = await (await import('../hush.ts')).openHush(session.secrets)
  const events = hush.events(options.onEvent ?? (() => {}))
  try {
    const report = await contextIn(session, { ...options, onEvent: events }, environment)
    return hushed(report, hush) as ContextReport
  } catch (error) {
    throw hush.error(error)
  }
}

async function contextIn(session: Session, options: ContextOptions, environment: Environment): Promise<ContextReport> {
  const progress = progressTo(options.onEvent ?? (() => {}), environment.now)
  const loaded = await load(session, options, environment, progress)
  const files = await loaded.context('context')
  const missing: Unreached[] = []
  const bases = withStandIns(shownBases(session.bases, progress), (image) => missing.push(image))
  const plan = await planImage(loaded.dockerfile, loaded.request, bases, loaded.times)
  const listed = listContext(files, options.signal)
  const { uses, usedBy } = await usesOf(plan, files)
  const list: readonly ContextFile[] = listed.files.map((file) => ({ ...file, usedBy: usedBy.get(file.path) ?? [] }))
  const found = await ignoreFileOf(options, files, loaded, environment)
  const report: Omit<ContextReport, 'advice' | 'why'> = {
    context: nameOf(options),
    ...(found && { ignoreFile: { name: found.name, patterns: files.ignorePatterns.length } }),
    files: list,
    total: totalOf(list),
    folders: foldersOf(list),
    ignored: listed.ignored,
    uses,
    unused: unusedOf(list),
    unreached: missing,
  }
  const asked = (options.why ?? []).map((text) => insideOf(options, environment, text))
  return {
    ...report,
    advice: files.isDirectory ? adviceOn(report) : [],
    why: asked.map((place) => answer(place, files, list)),
  }
}

function nameOf({ context }: ContextOptions): string {
  return typeof context === 'string' ? context : 'an archive'
}

/** Every text of a report, but for the Dockerfile that places point into. */
function hushed(value: unknown, hush: Hush): unknown {
  if (typeof value === 'string') return hush.text(value)
  if (Array.isArray(value)) return value.map((each) => hushed(each, hush))
  if (value instanceof Error) return hush.error(value)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, key === 'at' ? each : hushed(each, hush)]))
}

async function ignoreFileOf(
  { context }: ContextOptions,
  { isDirectory }: Context,
  { path: dockerfile }: Loaded,
  { cwd }: Environment,
) {
  if (!isDirectory || typeof context !== 'string') return undefined
  return findIgnoreFile(path.resolve(cwd, context), dockerfile)
}

/** What each op takes, and for each path by which of them it is taken. */
async function usesOf(plan: Plan, files: Context) {
  const source = plan.nodes.find(({ op }) => op.kind === 'context' && op.name === 'context')
  const uses: ContextUse[] = []
  const usedBy = new Map<string, number[]>()
  for (const node of source ? plan.nodes : []) {
    const wanted = source ? await takenPaths(node.op, source.id, files) : []
    if (wanted.length === 0) continue
    const paths = new Set<string>()
    const sources: ContextUse['sources'][number][] = []
    for (const each of wanted) {
      try {
        for (const place of await each.paths()) paths.add(place)
        sources.push({ path: each.source })
      } catch (error) {
        sources.push({ path: each.source, error: refusal(error) })
      }
    }
    for (const place of paths) usedBy.set(place, [...(usedBy.get(place) ?? []), uses.length])
    uses.push({ ...sayingWhere(node), sources, ...sumOf(paths, files) })
  }
  return { uses, usedBy }
}

function sayingWhere({ op, label, at }: Node): Pick<ContextUse, 'label' | 'kind' | 'at'> {
  return { label, kind: op.kind === 'copy' ? 'copy' : 'mount', ...(at && { at }) }
}

function refusal(error: unknown): { readonly message: string; readonly hint?: string } {
  if (!(error instanceof TsbuildError)) throw error
  return { message: error.message, ...(error.hint !== undefined && { hint: error.hint }) }
}

function sumOf(paths: ReadonlySet<string>, { tree }: Context) {
  let [files, bytes] = [0, 0]
  for (const place of paths) {
    const entry = tree.get(treePath(place))
    if (entry?.kind === 'directory') continue
    files++
    if (entry?.kind === 'file') bytes += entry.size
  }
  return { files, bytes }
}

/** @throws {TsbuildError} TSB_CONTEXT_PATH for an absolute path outside */
function insideOf({ context }: ContextOptions, { cwd }: Environment, text: string): string {
  if (!path.isAbsolute(text) || typeof context !== 'string') return path.posix.normalize(`/${text}`).slice(1)
  const relative = path.relative(path.resolve(cwd, context), text)
  if (relative !== '..' && !relative.startsWith('../')) return relative
  throw new TsbuildError('TSB_CONTEXT_PATH', `${text} is not in the context ${context}`, {
    hint: 'paths are relative to the root of the context; nothing above it can be copied',
  })
}
