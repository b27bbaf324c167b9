import { statSync } from 'node:fs'
import path from 'node:path'
import { parseImageSource, parseReference } from '../image/index.ts'
import type { BuildOptions, Environment } from '../options.ts'
import { parseHttpReference, type Wanted } from '../planner/index.ts'
import type { AskedAhead } from '../registry/index.ts'
import type { SourceFile } from '../source.ts'
import { namedSource } from './inputs/index.ts'
import { localCandidates, readLocalDockerfile } from './inputs/local-dockerfile.ts'
import { limitsFrom } from './limits.ts'
import { planRequests } from './plan-request.ts'
import type { RegistryClient } from './registry-client.ts'

/** What a build goes on with where registries were asked ahead. */
export interface Ahead {
  /** With the answers; closing it closes the one that was given. */
  readonly client: RegistryClient
  /** Sources of COPY, to be read while the answers come; none where there is no cache that could make use of that. */
  readonly sources: readonly string[]
}

/**
 * Asks registries for what a build on a machine without images asks for first, bases and shared caches, so that the answers come
 * while its store is made. Whatever is wrong is for who asks in earnest to say.
 */
export async function askAhead(
  client: RegistryClient,
  options: BuildOptions,
  environment: Environment,
): Promise<Ahead> {
  const caches = options.noCache === true ? [] : cachesAsked(options)
  const isOfUse = options.noCache !== true && options.cacheFrom?.length
  const asksForBases = options.pull !== 'never'
  const wanted = asksForBases ? await wantedIn(options, environment).catch(() => []) : []
  const sources = isOfUse ? [...new Set(wanted.flatMap((one) => one.sources))] : []
  const asks = [...caches, ...wanted.flatMap(({ images }) => imagesAsked(images))]
  if (asks.length === 0) return { client, sources }
  const over = new AbortController()
  const signal = options.signal ? AbortSignal.any([options.signal, over.signal]) : over.signal
  const opened = openAhead(client, asks, signal)
  await opened.catch(() => {})
  const answered = {
    open: () => opened,
    async [Symbol.asyncDispose]() {
      over.abort()
      await client[Symbol.asyncDispose]()
    },
  }
  return { client: answered, sources }
}

/** Aborted by the signal, or when nobody can want to know any more. */
type Ask = (registry: AskedAhead, signal: AbortSignal) => void

async function openAhead(client: RegistryClient, asks: readonly Ask[], signal: AbortSignal): Promise<AskedAhead> {
  const registry = await client.open()
  const { openAskedAhead } = await import('../registry/index.ts')
  const ahead = openAskedAhead(registry)
  for (const ask of asks) ask(ahead, signal)
  return ahead
}

function cachesAsked({ cacheFrom = [] }: BuildOptions): Ask[] {
  return cacheFrom.flatMap((from) => {
    if (from.type !== 'registry') return []
    const reference = parseReference(from.ref)
    return [(registry, signal) => registry.documentAhead(reference, signal)]
  })
}

function imagesAsked(images: Wanted['images']): readonly Ask[] {
  return images.flatMap(({ reference: text, platform }): readonly Ask[] => {
    const image = parseImageSource(text)
    if (image.kind !== 'reference') return []
    return [(registry, signal) => registry.resolveAhead(image.reference, platform, signal)]
  })
}

async function wantedIn(options: BuildOptions, environment: Environment): Promise<readonly Wanted[]> {
  const source = await localDockerfile(options, environment)
  if (!source) return []
  const named = new Map(Object.entries(options.contexts ?? {}).map(([name, text]) => [name, namedSource(name, text)]))
  const { wantedOf } = await import('../plan-image.ts')
  return planRequests(options, named, environment.arch).map((request) => wantedOf(source, request))
}

/** Of a directory of this machine, or given as a text; undefined for what has to be fetched, or can be read once alone. */
async function localDockerfile(
  { context, dockerfile: text, file, limits }: BuildOptions,
  { cwd }: Environment,
): Promise<SourceFile | undefined> {
  if (text !== undefined) return { name: 'Dockerfile', text }
  if (typeof context !== 'string' || context === '-') return undefined
  if (file === '-' || (file !== undefined && parseHttpReference(file))) return undefined
  const directory = path.resolve(cwd, context)
  if (!statOf(directory)?.isDirectory()) return undefined
  const found = localCandidates(directory, file, cwd).find((candidate) => statOf(candidate))
  if (found === undefined || !statOf(found)?.isFile()) return undefined
  return (await readLocalDockerfile(directory, file, cwd, limitsFrom(limits)['dockerfile-bytes'])).source
}

function statOf(place: string) {
  return statSync(place, { throwIfNoEntry: false })
}
