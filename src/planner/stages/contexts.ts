import { type Platform, parseReference } from '../../image/index.ts'
import type { SourceRange } from '../../source.ts'
import type { NamedContext, PlanRequest } from '../request.ts'
import type { Ref } from './ref.ts'

/** What `--build-context` puts in the place of stages and images. */
export interface NamedContexts {
  /** By a name as the Dockerfile has it: `node`, `node:latest` and `docker.io/library/node` are one. */
  find(name: string, platform: Platform, at: SourceRange): Ref | undefined
}

/** Names that mean something of their own. */
const reserved: ReadonlySet<string> = new Set(['scratch', 'context'])

export function namedContexts(request: PlanRequest): NamedContexts {
  const byName = new Map<string, readonly [name: string, context: NamedContext]>()
  for (const [name, context] of request.namedContexts) byName.set(shortName(name), [name, context])
  return {
    find: (written, platform, at) => {
      if (byName.size === 0 || reserved.has(written.toLowerCase())) return undefined
      const found = byName.get(shortName(written))
      return found && refOf(...found, platform, at)
    },
  }
}

function refOf(name: string, context: NamedContext, platform: Platform, at: SourceRange): Ref {
  if (context.kind === 'local') return { kind: 'context', name }
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
