import type { Cache } from '../../cache/index.ts'
import type { Context } from '../../context/index.ts'
import type { BaseImages } from '../../planner/index.ts'
import { type FileEntry, type FileTree, resolvePath, select, walkApart } from '../../tree/index.ts'

/** Larger files keep the processor for too long from what is waited for. */
const largest = 1024 * 1024

/** Milliseconds in which nothing else is looked at. */
const turn = 2

/**
 * Reads files of the context while bases are asked for, so that their digests are there when a COPY asks for them. Whatever is
 * wrong is for the COPY to say.
 * @param sources of COPY; read until all bases that were asked for are there
 */
export function readingMeanwhile(
  bases: BaseImages,
  sources: readonly string[],
  context: () => Promise<Context>,
  digests: Cache['digests'],
): BaseImages {
  if (sources.length === 0) return bases
  let asked = 0
  let reading: Promise<void> | undefined
  return {
    ...bases,
    async resolve(reference, platform, at) {
      asked++
      const answer = bases.resolve(reference, platform, at)
      reading ??= readAhead(sources, context, digests, () => asked === 0).catch(() => {})
      try {
        return await answer
      } finally {
        asked--
        if (asked === 0) await reading
      }
    },
  }
}

async function readAhead(
  sources: readonly string[],
  context: () => Promise<Context>,
  digests: Cache['digests'],
  isOver: () => boolean,
): Promise<void> {
  const { tree, isDirectory } = await context()
  if (!isDirectory) return
  let began = performance.now()
  for (const file of filesIn(tree, sources)) {
    if (file.size <= largest) await digests.digest(file)
    if (performance.now() - began < turn) continue
    await new Promise((resolve) => setImmediate(resolve))
    if (isOver()) return
    began = performance.now()
  }
}

function* filesIn(tree: FileTree, sources: readonly string[]): Generator<FileEntry> {
  for (const path of sources.flatMap((source) => select(tree, source))) {
    const { entry } = resolvePath(tree, path, { followLast: true })
    const entries = entry?.kind === 'directory' ? walkApart(tree, entry.path) : [entry]
    for (const each of entries) if (each?.kind === 'file') yield each
  }
}
