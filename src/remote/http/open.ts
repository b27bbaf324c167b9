import path from 'node:path'
import { sha256 } from '../../digest/index.ts'
import type { HttpOp } from '../../graph/index.ts'
import { defaultPatience, openHttp, proxiesOf } from '../../http/index.ts'
import { defaultLimits } from '../../limits.ts'
import { eachOnce } from '../../text/index.ts'
import { compressionLimits } from '../../tree/index.ts'
import { openTurns } from '../../turns.ts'
import type { RemoteOptions, Remotes } from '../remotes.ts'
import { ask, type HttpLimits } from './ask.ts'
import { authorizationFor } from './authorization.ts'
import { algorithmOf, checksumOf, requireChecksum } from './checksum.ts'
import { openShelf, type ShelvedFile } from './shelf.ts'

/** A Dockerfile may name any number of URLs. */
const requestsAtOnce = 8

/**
 * Fetches files by http and https, and keeps them. One that is here is used when the server says that it has no other; with
 * a checksum, without asking. Who waits for another to fetch the same URL takes what that one got. What is tried again is told.
 */
export function openHttpFiles(options: RemoteOptions, limits = httpLimits(options.limits)): Remotes['http'] {
  const http = openHttp('tsbuild', limits.patience.idleMs, {
    proxies: proxiesOf(options.env),
    limits: options.limits,
  })
  const { notice } = options
  const told = { ...limits, patience: { notice, again: eachOnce(notice), ...limits.patience } }
  const shelf = openShelf(path.join(options.folder, 'http'), options.locked)
  const inTurn = openTurns(requestsAtOnce)
  return async (source, login, signal) => {
    const before = await shelf.find(source.url)
    if (before && (await isPinned(before, source))) return before
    const url = new URL(source.url)
    const authorization = await authorizationFor(url, login, options.secret)
    const fetchNow = async () => {
      const known = await shelf.find(source.url)
      const isNew = known !== undefined && known.fetched !== before?.fetched
      if (isNew) return requireChecksum(known, source.checksum, url)
      return inTurn(() => ask(source, known, authorization, { http, shelf, limits: told, options }, signal))
    }
    return options.locked(`http ${sha256(source.url)}`, fetchNow, signal)
  }
}

function httpLimits(limits = defaultLimits): HttpLimits {
  return { patience: defaultPatience, bytes: limits['archive-bytes'], unpacking: compressionLimits(limits) }
}

async function isPinned(file: ShelvedFile, { checksum }: HttpOp): Promise<boolean> {
  return checksum !== undefined && (await checksumOf(file, algorithmOf(checksum))) === checksum
}
