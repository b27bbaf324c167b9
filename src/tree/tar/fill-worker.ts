/** The thread behind `openFillThread`: reads files into shared memory and hashes them. */
import { parentPort } from 'node:worker_threads'
import { type Filler, openFiller } from './fill.ts'
import { type FillReply, type FillRequest, type PackedReads, plainFailure, unpackReads } from './fill-protocol.ts'

interface OpenTar {
  readonly memory: readonly Uint8Array[]
  readonly filler: Filler
}

const tars = new Map<number, OpenTar>()
const reply = (message: FillReply) => parentPort?.postMessage(message)

parentPort?.on('message', (request: FillRequest) => {
  if (request.kind === 'open') {
    tars.set(request.tar, { memory: request.memory, filler: openFiller('sha256') })
    return
  }
  const tar = tars.get(request.tar)
  if (!tar) throw new Error(`tar ${request.tar} is not open`)
  if (request.kind === 'fill') reply(filled(tar, request.slab, request.reads))
  else {
    tar.filler.close()
    tars.delete(request.tar)
  }
})
reply({ kind: 'ready' })

function filled({ memory, filler }: OpenTar, slab: number, reads: PackedReads): FillReply {
  const bytes = memory[slab]
  if (!bytes) throw new Error(`there is no slab ${slab}`)
  try {
    return { kind: 'filled', digests: filler.fill(bytes, unpackReads(reads)) }
  } catch (error) {
    return { kind: 'failed', failure: plainFailure(error) }
  }
}
