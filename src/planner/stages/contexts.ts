import { formatPlatform, normalizePlatform, type Platform, parseReference } from '../../image/index.ts'
import type { SourceRange } from '../../source.ts'
import type { NamedContext, PlanRequest } from '../request.ts'
import type { Ref } from './ref.ts'

/** What `--build-context` puts in the place of stages and images. */
export interface NamedContexts {
  /** By a name as the Dockerfile has it: `node`, `node:latest` and `docker.io/library/node` are one. */
  find(name: string, platform: Platform, at: SourceRange): Ref | undefined
}

/** A context under the name that it was given with. */
export interface FoundContext {
  readonly name: string
  readonly context: NamedContext
}

/** Names that mean something of their own. */
const reserved: ReadonlySet<string> = new Set(['scratch', 'context'])

export function namedContexts(request: PlanRequest): NamedContexts {
  const find = finderOf(request)
  return {
    find(written, platform, at) {
      if (request.namedContexts.size === 0 || reserved.has(written.toLowerCase())) return undefined
      const found = find(written, platform)
      return found && refOf(found, platform, at)
    },
  }
}

/** The context of a name: one for the platform, `NAME::linux/arm64`, before one for all. */
export function namedContextOf(request: PlanRequest, name: string, platform: Platform): FoundContext | undefined {
  return finderOf(request)(name, platform)
}

function finderOf({ namedContexts }: PlanRequest): (name: string, platform: Platform) => FoundContext | undefined {
  const byKey = new Map([...namedContexts].map(([name, context]) => [keyOf(name), { name, context }] as const))
  return (name, platform) => {
    const key = shortName(name)
    return byKey.get(`${key}::${formatPlatform(normalizePlatform(platform))}`) ?? byKey.get(key)
  }
}

function keyOf(given: string): string {
  const [name = '', platform] = given.split('::')
  return platform === undefined ? shortName(name) : `${shortName(name)}::${platform}`
}

function refOf({ name, context }: FoundContext, platform: Platform, at: SourceRange): Ref {
  if (context.kind !== 'image') return { kind: 'context', name }
  const reference = context.reference.replace(/^docker-image:\/\//, '')
  return reference === 'scratch' ? { kind: 'scratch' } : { kind: 'image', reference, platform, at }
}

function shortName(name: string): string {
  try {
    return parseReference(name).familiar.replace(/:latest$/, '')
  } catch {
    return name
  }
}
