import { readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { seal, unseal } from '../../digest/index.ts'
import { isSystemError, TsbuildError } from '../../errors.ts'
import { makeFolder } from '../../make-folder.ts'

/** Remembers what probes of this machine found. Losing it only costs the time of probing again. */
export interface ProbeCache {
  get(key: string): Promise<string | undefined>
  set(key: string, value: string): Promise<void>
}

/** Remembers nothing. */
export const noProbeCache: ProbeCache = { get: async () => undefined, set: async () => {} }

/**
 * Answers kept in a small file; of the many that many boots leave behind, the newest stay. Where it cannot be written it is
 * asked again next time.
 * @param temporary makes a directory of the same file system for what is not whole yet, which is swept when we die
 */
export function openProbeCache(file: string, temporary: (prefix: string) => Promise<string>): ProbeCache {
  const limit = 64
  return {
    get: async (key) => (await readAnswers(file)).get(key),
    async set(key, value) {
      const answers = await readAnswers(file)
      answers.delete(key)
      answers.set(key, value)
      await keptIfPossible(async () => {
        makeFolder(path.dirname(file), 0o700)
        const aside = path.join(await temporary('probes'), 'answers')
        await writeFile(aside, seal(JSON.stringify([...answers].slice(-limit))), { mode: 0o600 })
        await rename(aside, file)
      })
    },
  }
}

async function keptIfPossible(write: () => Promise<void>): Promise<void> {
  try {
    await write()
  } catch (error) {
    if (isSystemError(error, 'ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM', 'EISDIR', 'EXDEV')) return
    if (error instanceof TsbuildError && ['TSB_DISK_FULL', 'TSB_STORE_READ_ONLY'].includes(error.code)) return
    throw error
  }
}

/** The answer from the cache, else of the probe, which is kept. */
export async function remembered(cache: ProbeCache, key: string, probe: () => Promise<string>): Promise<string> {
  const known = await cache.get(key)
  if (known !== undefined) return known
  const found = await probe()
  await cache.set(key, found)
  return found
}

/** None when somebody damaged them. */
async function readAnswers(file: string): Promise<Map<string, string>> {
  try {
    return new Map(parseAnswers(await readFile(file, 'utf8')))
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'EISDIR') || error instanceof SyntaxError) return new Map()
    throw error
  }
}

/** @throws {SyntaxError} for what was never written here, or is damaged */
function parseAnswers(text: string): readonly (readonly [string, string])[] {
  const rows: unknown = JSON.parse(unseal(text) ?? '')
  return Array.isArray(rows) ? rows.filter(isAnswer) : []
}

function isAnswer(row: unknown): row is [string, string] {
  return Array.isArray(row) && row.length === 2 && row.every((part) => typeof part === 'string')
}
