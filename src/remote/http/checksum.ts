import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { checksumMismatch } from './failures.ts'
import type { ShelvedFile } from './shelf.ts'

/** The algorithm of a checksum: `sha256`, `sha384` or `sha512`. */
export function algorithmOf(checksum: string): string {
  return checksum.slice(0, checksum.indexOf(':'))
}

/** The checksum of a file by an algorithm; read anew for all but sha256. */
export async function checksumOf(file: ShelvedFile, algorithm: string): Promise<string> {
  if (algorithm === 'sha256') return file.digest
  const hash = createHash(algorithm)
  for await (const chunk of createReadStream(file.path) as AsyncIterable<Uint8Array>) hash.update(chunk)
  return `${algorithm}:${hash.digest('hex')}`
}

/** @throws {TsbuildError} TSB_ADD_CHECKSUM */
export async function requireChecksum(file: ShelvedFile, wanted: string | undefined, url: URL): Promise<ShelvedFile> {
  if (wanted === undefined) return file
  const is = await checksumOf(file, algorithmOf(wanted))
  if (is !== wanted) throw checksumMismatch(url, is, wanted)
  return file
}
