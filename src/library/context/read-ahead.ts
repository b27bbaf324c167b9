import { type Cache, isSettled } from '../../cache/index.ts'
import type { Context } from '../../context/index.ts'
import type { ContextFiles, EventSink } from '../../executor/index.ts'
import type { BaseImages } from '../../planner/index.ts'
import { type Entry, type FileEntry, type FileTree, resolvePath, select, walkApart } from '../../tree/index.ts'

/** What reading ahead is for, and what of a build it works with. */
export interface ReadAheadPorts {
  readonly bases: BaseImages
  readonly context: (name: string) => Promise<ContextFiles>
  readonly events: EventSink
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/** Larger files keep the processor for too long from what is waited for. */
const largest = 1024 * 1024

/** Milliseconds in which nothing else is looked at. */
const turn = 2

/** Milliseconds after which the context is looked at anew: who waits for a registry for longer has other worries. */
const freshFor = 1000

/**
 * Reads files of the context while bases are asked for, so that their digests are there when a COPY asks for them. What is in the
 * cache is found by the context as it was then, as long as that is fresh and nothing has run; all else is looked up, and made, by the
 * context as it is. Whatever is wrong is for the COPY to say.
 * @param sources of COPY; read until all bases that were asked for are there
 * @param anew opens the context once more
 */
export function readingAhead(
  ports: ReadAheadPorts,
  sources: readonly string[],
  anew: () => Promise<Context>,
  digests: Cache['digests'],
): ReadAheadPorts {
  if (sources.length === 0) return ports
  let asked = 0
  let reading: Promise<void> | undefined
  let early: { readonly context: Context; readonly at: number } | undefined
  let hasRun = false
  const read = async () => {
    const context = await anew()
    if (!context.isDirectory) return
    early = { context, at: performance.now() }
    await readFiles(context.tree, sources, { digests, now: ports.now }, () => asked === 0)
  }
  return {
    ...ports,
    bases: {
      ...ports.bases,
      async resolve(reference, platform, at) {
        asked++
        const answer = ports.bases.resolve(reference, platform, at)
        reading ??= read().catch(() => {})
        try {
          return await answer
        } finally {
          asked--
          if (asked === 0) await reading
        }
      },
    },
    async context(name) {
      const files = await ports.context(name)
      if (name !== 'context' || !early) return files
      const { context, at } = early
      return { ...files, early: () => (hasRun || performance.now() - at > freshFor ? undefined : context) }
    },
    events(event) {
      if (event.type === 'step:start' && event.makes) hasRun = true
      ports.events(event)
    },
  }
}

async function readFiles(
  tree: FileTree,
  sources: readonly string[],
  { digests, now }: Pick<Cache, 'digests'> & Pick<ReadAheadPorts, 'now'>,
  isOver: () => boolean,
): Promise<void> {
  let began = performance.now()
  for (const entry of entriesOf(tree, sources)) {
    if (entry?.kind === 'file' && isReadable(entry, now())) await digests.digest(entry)
    if (performance.now() - began < turn) continue
    await new Promise((resolve) => setImmediate(resolve))
    if (isOver()) return
    began = performance.now()
  }
}

/** A file that was only just written is read again when it counts. */
function isReadable({ size, content }: FileEntry, now: number): boolean {
  const { identity } = content.kind === 'host' ? content : {}
  return size <= largest && identity !== undefined && isSettled(identity.ctimeNs, now)
}

function* entriesOf(tree: FileTree, sources: readonly string[]): Generator<Entry | undefined> {
  for (const source of sources) {
    try {
      yield* chosenBy(tree, source)
    } catch {
      // The COPY says what is wrong with it.
    }
  }
}

function* chosenBy(tree: FileTree, source: string): Generator<Entry | undefined> {
  for (const path of select(tree, source)) {
    const { entry } = resolvePath(tree, path, { followLast: true })
    yield entry
    if (entry?.kind === 'directory') yield* walkApart(tree, entry.path)
  }
}
