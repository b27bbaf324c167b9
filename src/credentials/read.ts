import { readFile } from 'node:fs/promises'
import { isSystemError, TsbuildError } from '../errors.ts'
import { parseJson } from '../image/index.ts'
import type { AuthFileContents } from './auth-file-schema.ts'
import type { AuthFile } from './auth-files.ts'

const sizeLimit = 1 << 20

/**
 * What a file of logins says; undefined when it is not there, or may not be read: it is docker's or podman's, not ours.
 * @throws {TsbuildError} TSB_AUTH_FILE, which shows nothing of what is in it
 */
export async function readAuthFile(file: AuthFile): Promise<AuthFileContents | undefined> {
  const bytes = await readFile(file).catch((error: unknown) => {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return undefined
    throw new TsbuildError('TSB_AUTH_FILE', `cannot read ${file}`, { cause: error })
  })
  if (!bytes || bytes.length === 0) return undefined
  const { authFileSchema } = await import('./auth-file-schema.ts')
  const parsed = authFileSchema.safeParse(withoutRepeats(bytes, file))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw wrong(file, `${issue?.path.map(String).join('.')}: ${issue?.message}`)
}

/** What exactly is wrong with JSON would show a part of it. */
function withoutRepeats(bytes: Uint8Array, file: AuthFile): unknown {
  try {
    return parseJson(bytes, file, sizeLimit)
  } catch (error) {
    if (error instanceof TsbuildError) throw wrong(file, 'it is no JSON')
    throw error
  }
}

function wrong(file: AuthFile, what: string): TsbuildError {
  return new TsbuildError('TSB_AUTH_FILE', `${file}: ${what}`, {
    hint: 'docker and podman cannot read it either: mend it, or remove it and log in again',
  })
}
