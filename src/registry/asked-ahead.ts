import { formatPlatform, type Platform, type Reference } from '../image/index.ts'
import type { Registry } from './registry.ts'

/** A registry, and what it was asked before somebody wants to know. */
export interface AskedAhead extends Registry {
  /** Asks for the documents of an image. Who wants them first gets them, or the error that came in their place. */
  resolveAhead(reference: Reference, platform: Platform, signal: AbortSignal | undefined): void
  documentAhead(reference: Reference, signal: AbortSignal | undefined): void
}

/** Nothing is asked twice that was asked ahead once. */
export function openAskedAhead(registry: Registry): AskedAhead {
  const images = openAnswers<Awaited<ReturnType<Registry['resolve']>>>()
  const documents = openAnswers<Awaited<ReturnType<Registry['document']>>>()
  const imageKey = (reference: Reference, platform: Platform) => `${formatPlatform(platform)} ${keyOf(reference)}`
  return {
    ...registry,
    resolveAhead: (reference, platform, signal) =>
      images.put(imageKey(reference, platform), () => registry.resolve(reference, platform, signal)),
    documentAhead: (reference, signal) => documents.put(keyOf(reference), () => registry.document(reference, signal)),
    resolve: (reference, platform, signal) =>
      images.take(imageKey(reference, platform)) ?? registry.resolve(reference, platform, signal),
    document: (reference, signal) => documents.take(keyOf(reference)) ?? registry.document(reference, signal),
  }
}

function keyOf({ domain, path, tag, digest }: Reference): string {
  return JSON.stringify([domain, path, tag, digest])
}

/** Answers that are on their way, each for one who takes it. */
function openAnswers<T>() {
  const asked = new Map<string, Promise<T>>()
  return {
    put(key: string, ask: () => Promise<T>): void {
      if (asked.has(key)) return
      const answer = ask()
      // Nobody may come for it.
      answer.catch(() => {})
      asked.set(key, answer)
    },
    take(key: string): Promise<T> | undefined {
      const answer = asked.get(key)
      asked.delete(key)
      return answer
    },
  }
}
