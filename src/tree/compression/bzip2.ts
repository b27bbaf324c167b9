import { archiveError } from '../tar/archive-error.ts'
import { type CompressionLimits, checkExpansion } from './bomb.ts'

/** All streams of a bzip2 file. In process, by unbzip2-stream. */
export async function* bunzip2(
  bytes: AsyncIterable<Uint8Array>,
  limits: CompressionLimits,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { default: unbzip2 } = await import('unbzip2-stream')
  const decoder = unbzip2()
  const ready: Uint8Array[] = []
  const state: { failure?: unknown; fed: number; consumed: number; produced: number } = {
    fed: 0,
    consumed: 0,
    produced: 0,
  }
  decoder.on('data', (piece: Uint8Array) => {
    state.produced += piece.length
    ready.push(piece)
    // Thrown through the decoder, which stops and reports it: one write may hold many blocks.
    checkExpansion(state.produced, state.consumed, limits)
  })
  decoder.on('error', (error: unknown) => {
    state.failure ??= error
  })
  for await (const piece of bytes) {
    for (let at = 0; at < piece.length; at += writeSize) {
      const part = Buffer.from(piece.subarray(at, at + writeSize))
      state.fed += part.length
      state.consumed = Math.max(0, state.fed - heldBack)
      decoder.write(part)
      if (state.failure) throw damaged(state.failure)
      yield* ready.splice(0)
    }
  }
  state.consumed = state.fed
  decoder.end()
  if (state.failure) throw damaged(state.failure)
  yield* ready.splice(0)
}

const writeSize = 16 * 1024
/** The decoder waits until it holds a whole block of the largest size. */
const heldBack = 925_000

function damaged(error: unknown): unknown {
  if (!(error instanceof Error) || 'code' in error) return error
  const isCut = error.message.includes('prematurely') || error instanceof TypeError
  return isCut
    ? archiveError('TSB_ARCHIVE_TRUNCATED', 'the bzip2 data is cut short', error)
    : archiveError('TSB_ARCHIVE_DAMAGED', 'damaged bzip2 data', error)
}
