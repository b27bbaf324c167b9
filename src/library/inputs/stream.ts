import path from 'node:path'
import { readingArchive } from '../../archive/index.ts'
import { type ArchiveContext, contextSniffLength, readArchiveContext, sniffContext } from '../../context/index.ts'
import { TsbuildError } from '../../errors.ts'
import { writing } from '../../store/index.ts'
import { peek, type TreePath } from '../../tree/index.ts'
import type { InputPorts } from './ports.ts'
import { readAllText } from './stdin.ts'

/** What came as a stream: an archive of a context, or a Dockerfile. */
export type StreamContext =
  | ({ readonly kind: 'archive' } & ArchiveContext)
  | { readonly kind: 'text'; readonly text: string }

/**
 * Reads a stream to its end, and knows by its content what it is.
 * @param name what it is called in errors: `standard input`, a URL
 * @param watched see `readArchiveContext`
 * @throws {TsbuildError} TSB_CONTEXT_EMPTY, TSB_CONTEXT_FORMAT, TSB_ARCHIVE_…, TSB_DOCKERFILE_TOO_LARGE, TSB_DISK_FULL
 */
export async function readStream(
  bytes: AsyncIterable<Uint8Array>,
  name: string,
  { temporary, limits }: Pick<InputPorts, 'temporary' | 'limits'>,
  watched: readonly TreePath[],
): Promise<StreamContext> {
  const { first, all } = await peek(bytes, contextSniffLength)
  switch (sniffContext(first)) {
    case 'archive': {
      const kept = path.join(await temporary('context'), 'context.tar')
      const read = () => readingArchive(name, () => readArchiveContext(all, kept, watched, limits))
      return { kind: 'archive', ...(await writing(kept, 0, read)) }
    }
    case 'text':
      return { kind: 'text', text: await readAllText(all, name, limits['dockerfile-bytes']) }
    case 'empty':
      throw new TsbuildError('TSB_CONTEXT_EMPTY', `${name} is empty`, { hint: expected })
    case 'zip':
      throw new TsbuildError('TSB_CONTEXT_FORMAT', `${name} is a zip archive`, { hint: 'make a tar of it' })
    case 'binary':
      throw new TsbuildError('TSB_CONTEXT_FORMAT', `${name} is neither an archive nor a Dockerfile`, { hint: expected })
  }
}

const expected = 'a tar (plain, gzip, bzip2, xz or zstd) or the text of a Dockerfile is expected'
