import type { GhaCachePlace } from '../../cache-options.ts'
import { hexOf, sha256 } from '../../digest/index.ts'
import { TsbuildError } from '../../errors.ts'
import { defaultPatience, type Http } from '../../http/index.ts'
import { type DocumentLimits, mediaTypes } from '../../image/index.ts'
import { revealed } from '../../secret.ts'
import type { Blob } from '../../transfer/index.ts'
import { gone } from '../errors.ts'
import { limitedBytes } from '../limited.ts'
import { scopeOf } from '../location.ts'
import { readBlob } from '../read-blob.ts'
import type { ObjectCache, ServicePorts } from '../service.ts'
import { getBytes, sendBytes } from './bytes.ts'
import { type Calls, openCalls } from './calls.ts'

/** Entries of another kind of client, and of another format of ours, are not seen. */
const version = hexOf(sha256(new TextEncoder().encode('tsbuild cache 1')))

/** Milliseconds after which a manifest that somebody began is taken for one that nobody ends. */
const longestWriting = 10_000

/** Asking for a blob is a use of it, and GitHub takes away what nobody used for a week. */
const day = 24 * 60 * 60 * 1000

/**
 * A cache in GitHub's cache service. Its entries never change: a blob has one under its digest, and each manifest one with a
 * number of its own, so that of two who write the next one only one can.
 * @throws {TsbuildError} TSB_CACHE_DENIED outside of a job
 */
export function openGhaCache(
  place: GhaCachePlace,
  url: string | undefined,
  http: Http,
  limits: DocumentLimits,
  { env, now }: ServicePorts,
): ObjectCache {
  const scope = scopeOf(place)
  const name = `gha:${scope}`
  const prefix = `tsbuild-manifest-${scope}#`
  const token = place.token === undefined ? (env['ACTIONS_RUNTIME_TOKEN'] ?? '') : revealed(place.token)
  const base = url ?? env['ACTIONS_RESULTS_URL'] ?? ''
  if (!base || !token) throw outsideOfJob(name)
  const calls = openCalls(new URL(base), token, version, http)
  const busy = { number: 0, since: 0 }
  return {
    name,
    isSure: true,
    touchMs: day,
    async find(signal) {
      const found = await calls.find(prefix, signal)
      const number = found && numberIn(found.key, prefix)
      if (!found || number === undefined) return undefined
      const bytes = await getBytes({ http, calls, signal }, found.url, 0)
      return { bytes: await limitedBytes(bytes, limits.manifest, `the manifest of ${name}`), version: String(number) }
    },
    async replace(bytes, before, signal) {
      const next = Number(before?.version ?? 0) + 1
      const isStuck = busy.number === next && now() - busy.since > longestWriting
      const descriptor = { mediaType: mediaTypes.manifest, digest: sha256(bytes), size: bytes.length }
      const open = async function* () {
        yield bytes
      }
      const isWritten = await write(`${prefix}${isStuck ? next + 1 : next}`, { descriptor, open }, () => {}, signal)
      if (!isWritten && busy.number !== next) Object.assign(busy, { number: next, since: now() })
      return isWritten
    },
    async send(blob, report, signal) {
      const { digest, size } = blob.descriptor
      const label = `sending layer ${digest}`
      const isThere = (await find(calls, blobKey(digest), signal)) !== undefined
      // Where there is one by now, somebody else sends the same bytes.
      if (!isThere) await write(blobKey(digest), blob, (sent) => report?.(label, sent, size), signal)
      report?.(isThere ? `${label} (already there)` : label, size, size, true)
    },
    blob(descriptor, signal) {
      const key = blobKey(descriptor.digest)
      const asked = { host: calls.host, request: `GET ${key}` }
      return readBlob(descriptor, asked, defaultPatience, signal, async (from) => {
        const at = await find(calls, key, signal)
        if (!at) throw gone(name, descriptor.digest)
        return getBytes({ http, calls, signal }, at, from)
      })
    },
  }

  /** @returns false when the key is taken */
  async function write(key: string, blob: Blob, report: (sent: number) => void, signal: AbortSignal | undefined) {
    const at = await calls.create(key, signal)
    if (!at) return false
    await sendBytes({ http, calls, signal }, at, blob, report)
    await calls.finish(key, blob.descriptor.size, signal)
    return true
  }
}

async function find(calls: Calls, key: string, signal: AbortSignal | undefined): Promise<URL | undefined> {
  const found = await calls.find(key, signal)
  return found?.key === key ? found.url : undefined
}

function blobKey(digest: string): string {
  return `tsbuild-blob-${digest}`
}

function numberIn(key: string, prefix: string): number | undefined {
  const text = key.startsWith(prefix) ? key.slice(prefix.length) : ''
  return /^\d{1,12}$/.test(text) ? Number(text) : undefined
}

function outsideOfJob(name: string): TsbuildError {
  return new TsbuildError(
    'TSB_CACHE_DENIED',
    `the cache ${name} is that of a job of GitHub Actions, and this is none`,
    {
      hint: 'ACTIONS_RESULTS_URL and ACTIONS_RUNTIME_TOKEN are not set: a step has them by crazy-max/ghaction-github-runtime',
    },
  )
}
