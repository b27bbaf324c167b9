import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { isSystemError, TsbuildError } from '../errors.ts'
import type { Secrets } from '../executor/index.ts'
import type { BuildOptions, Environment } from '../options.ts'

/** The secrets that the command line names, read when a step wants them and never kept. */
export function openSecrets(named: BuildOptions['secrets'], { cwd, env }: Environment): Secrets {
  const sources = new Map(Object.entries(named ?? {}))
  return {
    async read(id) {
      const source = sources.get(id)
      if (!source) return undefined
      if ('file' in source) return readSecretFile(id, path.resolve(cwd, source.file))
      const value = env[source.env]
      return value === undefined ? undefined : new TextEncoder().encode(value)
    },
  }
}

async function readSecretFile(id: string, file: string): Promise<Uint8Array> {
  try {
    return await readFile(file)
  } catch (error) {
    if (!isSystemError(error, 'ENOENT', 'EACCES', 'EISDIR')) throw error
    throw new TsbuildError('TSB_SECRET_MISSING', `secret ${id}: cannot read ${file}`, {
      cause: error,
      hint: 'check src= of --secret',
    })
  }
}
