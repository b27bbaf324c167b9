import { statSync } from 'node:fs'
import path from 'node:path'
import type { Cache } from '../cache/index.ts'
import { OptionError, readOption, TsbuildError } from '../errors.ts'
import type { Executed } from '../executor/index.ts'
import type { Plan } from '../graph/index.ts'
import { type Image, type Platform, parseImageSource, parseReference } from '../image/index.ts'
import { makeFolder } from '../make-folder.ts'
import type { BuildOptions, Environment } from '../options.ts'
import type { Imports } from '../shared-cache/index.ts'
import type { Progress } from './progress.ts'
import type { Rounds } from './rounds.ts'
import type { Session } from './session.ts'

type Output = NonNullable<BuildOptions['outputs']>[number]

/** What a build has of other machines, and gives to them. Without `--cache-from` and `--cache-to` it loads and does nothing. */
export interface Sharing {
  /** The cache of the store with the shared ones behind it. */
  readonly cache: Cache
  /** Those of the session; when one is not in the store the shared caches are read while a registry is asked for it. */
  readonly bases: Session['bases']
  /** For who exports: told of layers that a shared cache does not have any more. */
  readonly session: Session
  /**
   * Does the work again when a layer of a shared cache was not what its record says, which is then not taken a second time:
   * what was made before is in the store.
   */
  sound<T>(work: () => Promise<T>): Promise<T>
  /** An image as it is named and exported: with its layers where they stay, and its records where it is to have them. */
  ready(image: Image, plan: Plan, executed: Executed): Promise<Image>
  /** Of a build that failed: calls off what is still read of shared caches. */
  abandon(): Promise<void>
  /** After all else: writes the cache to where it is asked for. @throws {TsbuildError} TSB_CACHE_EXPORT */
  write(plans: readonly Plan[], executed: Executed): Promise<void>
}

/**
 * Before a step runs: names that cannot be those of caches.
 * @throws {OptionError} TSB_REFERENCE_FORMAT; TSB_PUSH_NAME for one with a digest, which cannot be written to
 */
export function checkSharing({ cacheFrom = [], cacheTo = [] }: BuildOptions): void {
  for (const place of [...cacheFrom, ...cacheTo]) {
    if (place.type === 'registry') readOption(() => parseReference(place.ref))
  }
  for (const to of cacheTo) {
    if (to.type !== 'registry' || parseReference(to.ref).digest === undefined) continue
    throw new OptionError('TSB_PUSH_NAME', `${to.ref} has a digest, and a cache that is written has its own`, {
      hint: 'name it by a tag: --cache-to type=registry,ref=registry.example.com/team/app:cache',
    })
  }
}

/**
 * @param platforms whose images of an index have their records read
 * @param rounds told when work is done again
 * @throws {TsbuildError} TSB_REFERENCE_FORMAT, TSB_CACHE_MOUNT
 */
export async function openSharing(
  { cacheFrom = [], cacheTo = [], cacheMountFolders, outputs = [], tags = [], signal, onEvent }: BuildOptions,
  opened: Session,
  environment: Environment,
  progress: Progress,
  platforms: readonly Platform[],
  rounds: Rounds,
): Promise<Sharing> {
  const session = cacheMountFolders ? withHostMounts(opened, cacheMountFolders, environment) : opened
  const notice = (message: string) => onEvent?.({ type: 'notice', at: environment.now(), message })
  const over = new AbortController()
  const world = { session, environment, progress, notice, platforms, signal, over: over.signal }
  const imports = cacheFrom.length > 0 ? (await import('./shared-cache.ts')).importsOf(cacheFrom, world) : undefined
  const exporting = () => import('./cache-export.ts')
  const leaving = (location: string) => outputs.some((output) => reads(output, tags, location))
  return {
    cache: imports?.cache ?? session.cache,
    bases: imports ? withRecordsMeanwhile(session, imports) : session.bases,
    session: imports ? { ...session, lost: imports.lost } : session,
    sound: (work) => (imports ? untilSound(imports, signal, rounds, work) : work()),
    async ready(image, plan, { results }) {
      await imports?.settle(image, leaving)
      if (!cacheTo.some(({ type }) => type === 'inline')) return image
      return (await exporting()).withCacheInside(image, { plans: [plan], results })
    },
    async abandon() {
      over.abort()
      await imports?.ended()
    },
    async write(plans, { results }) {
      for (const id of await unknownMounts(cacheMountFolders, plans)) {
        notice(`warning: no RUN of this build has a cache mount ${id}, and its folder was not used`)
      }
      if (cacheTo.length > 0) await (await exporting()).exportCaches({ plans, results }, cacheTo, imports, world)
    },
  }
}

/** A machine that has no base has no step on it either, so that the store will not know the first one. */
function withRecordsMeanwhile({ bases, store }: Session, imports: Imports): Session['bases'] {
  return {
    ...bases,
    async resolve(reference, platform, at) {
      const source = parseImageSource(reference)
      if (source.kind === 'reference' && !(await store.images.find(source.reference.normal))) imports.begin()
      return bases.resolve(reference, platform, at)
    },
  }
}

/** Only the registry that has a layer takes it without anybody reading it. */
function reads(output: Output, tags: readonly string[], location: string): boolean {
  if (output.type !== 'registry') return true
  const names = output.names ?? tags
  return names.some((name) => !location.startsWith(`${parseReference(name).domain}/`))
}

function withHostMounts(session: Session, folders: Readonly<Record<string, string>>, { cwd }: Environment): Session {
  const places = new Map(Object.entries(folders).map(([id, folder]) => [id, path.resolve(cwd, folder)]))
  for (const [id, place] of places) madeFor(id, place)
  return { ...session, cache: { ...session.cache, hostMount: (id) => places.get(id) } }
}

async function unknownMounts(
  folders: BuildOptions['cacheMountFolders'] = {},
  plans: readonly Plan[],
): Promise<readonly string[]> {
  const ids = Object.keys(folders)
  if (ids.length === 0) return ids
  const mounts = plans.flatMap(({ nodes }) => nodes.flatMap(({ op }) => (op.kind === 'run' ? op.mounts : [])))
  return ids.filter((id) => !mounts.some((mount) => mount.kind === 'cache' && mount.id === id))
}

function madeFor(id: string, place: string): void {
  try {
    makeFolder(place, 0o755)
    if (!statSync(place).isDirectory()) throw new Error('it is no directory')
  } catch (cause) {
    throw new TsbuildError('TSB_CACHE_MOUNT', `the folder of the cache mount ${id} cannot be made: ${place}`, {
      hint: 'name a folder that is there, or that may be made',
      cause,
    })
  }
}

async function untilSound<T>(
  imports: Imports,
  signal: AbortSignal | undefined,
  rounds: Rounds,
  work: () => Promise<T>,
): Promise<T> {
  rounds.begin()
  try {
    for (;;) {
      const refused = imports.refused()
      try {
        return await work()
      } catch (error) {
        if (signal?.aborted || imports.refused() === refused) throw error
        rounds.again()
      }
    }
  } finally {
    rounds.over()
  }
}
