import { expect } from 'vitest'
import type { Patience } from '../../src/http/index.ts'
import { parseReference } from '../../src/image/index.ts'
import { openRegistry, type RegistryOptions } from '../../src/registry/index.ts'

export const amd64 = { os: 'linux', architecture: 'amd64' }

/** Gives up soon, so that a test of giving up ends soon. */
export const impatient: Patience = { attempts: 3, delayMs: 1, maximumDelayMs: 20, idleMs: 300 }

export const open = (options: Partial<RegistryOptions> = {}) =>
  openRegistry({ mirrors: new Map(), userAgent: 'tsbuild-test', patience: impatient, ...options })

export const resolve = (name: string, options: Partial<RegistryOptions> = {}, platform = amd64) =>
  open(options).resolve(parseReference(name), platform)

export async function collect(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of bytes) chunks.push(chunk)
  return Buffer.concat(chunks)
}

export const code = (expected: string) => expect.objectContaining({ code: expected })
