import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Environment } from '../../options.ts'
import type { WatchedChange, WatchOptions } from '../../watch-options.ts'
import { type BuildReads, readsOf } from './reads.ts'
import { type Watcher, watchReads } from './watcher.ts'

/**
 * Builds, and again whenever a file changes that the build reads: what COPY, ADD and bind mounts take of contexts, the
 * Dockerfile, the ignore files. A build that runs then is aborted. What was changed before a build has begun is watched for
 * already, so that none is missed.
 * @throws the reason of `options.signal`, which ends it; {TsbuildError} TSB_WATCH_CONTEXT, and what `onBuild` throws
 */
export async function watchBuild(options: WatchOptions, environment: Environment): Promise<never> {
  const { onBuild, onWait, signal = new AbortController().signal } = options
  const isWritten = writtenBy(options, environment)
  let change: WatchedChange | undefined
  let before: BuildReads | undefined
  for (;;) {
    signal.throwIfAborted()
    const reads = withEarlier(await readsOf(options, environment), before)
    before = reads
    const noted = noteChanges(environment)
    const watcher = watchReads(reads, noted.add, isWritten)
    try {
      await onBuild(change, AbortSignal.any([signal, noted.signal]))
      signal.throwIfAborted()
      if (!noted.signal.aborted) onWait?.(watcher)
      await firstOf(noted.signal, signal)
      signal.throwIfAborted()
      await sleep(options.quiet ?? 100, undefined, { signal }).catch(() => signal.throwIfAborted())
      change = { paths: noted.paths() }
    } finally {
      watcher.close()
    }
  }
}

/** A Dockerfile that is wrong does not say what it reads: what was read before may be what has to be mended. */
function withEarlier(reads: BuildReads, before: BuildReads | undefined): BuildReads {
  return reads.contexts.length > 0 ? reads : { ...reads, contexts: before?.contexts ?? [] }
}

function noteChanges({ cwd }: Environment) {
  const paths = new Set<string>()
  const changed = new AbortController()
  return {
    signal: changed.signal,
    add(file: string) {
      paths.add(path.relative(cwd, file))
      if (!changed.signal.aborted) changed.abort(new Superseded(path.relative(cwd, file)))
    },
    paths: () => [...paths],
  }
}

/** Why a build was stopped: it is done again. */
export class Superseded extends Error {
  constructor(file: string) {
    super(`${file} changed`)
    this.name = 'Superseded'
  }
}

function firstOf(...signals: readonly AbortSignal[]): Promise<void> {
  const any = AbortSignal.any([...signals])
  if (any.aborted) return Promise.resolve()
  return new Promise((resolve) => any.addEventListener('abort', () => resolve(), { once: true }))
}

/** What a build writes into a context of its own is no reason to build. */
function writtenBy(
  { outputs = [], errorOutputs = [], cacheTo = [], written = [] }: WatchOptions,
  { cwd, root }: Environment,
) {
  const caches = cacheTo.flatMap((place) => (place.type === 'local' ? [place.path] : []))
  const dests = [...outputs, ...errorOutputs]
    .flatMap((output) => ('dest' in output ? [output.dest] : []))
    .concat(caches)
  const places = [root, ...[...dests, ...written].filter((dest) => dest !== '-').map((dest) => path.resolve(cwd, dest))]
  return (file: string) =>
    places.some((place) => file === place || file.startsWith(`${place}/`) || file.startsWith(`${place}.`))
}

export type { Watcher }
