import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { unseal } from '../../digest/index.ts'
import { isSystemError } from '../../errors.ts'
import { signsOf } from '../../tree/index.ts'

/** Files of a commit on this machine. They belong to the cache: nobody changes them. */
export interface CheckoutFiles {
  readonly directory: string
  readonly commit: string
  /** Seconds since 1970. */
  readonly time: number
}

/** Beside the files. */
export const recordName = 'commit.json'

/** What was made of a commit before; undefined where there is nothing, somebody touched it, or nobody can tell what it is. */
export async function readEarlier(place: string): Promise<CheckoutFiles | undefined> {
  try {
    const found = recordOf(JSON.parse(unseal(await readFile(path.join(place, recordName), 'utf8')) ?? 'null'))
    const directory = path.join(place, 'files')
    return found && signsOf(directory) === found.signs
      ? { directory, commit: found.commit, time: found.time }
      : undefined
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'EISDIR') || error instanceof SyntaxError) return undefined
    throw error
  }
}

/** What is written of a checkout. */
interface CheckoutRecord {
  readonly commit: string
  readonly time: number
  /** What the file system says of the files. */
  readonly signs: string
}

/** Undefined for anything else. */
function recordOf(value: unknown): CheckoutRecord | undefined {
  const { commit, time, signs }: Partial<Record<keyof CheckoutRecord, unknown>> = Object(value)
  if (typeof commit !== 'string' || typeof signs !== 'string' || !Number.isFinite(time)) return undefined
  return { commit, time: Number(time), signs }
}
