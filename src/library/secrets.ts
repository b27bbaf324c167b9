import type { Stats } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { isSystemError, TsbuildError } from '../errors.ts'
import { layerForms, type Secrets } from '../executor/index.ts'
import type { BuildOptions, Environment } from '../options.ts'
import { Secret } from '../secret.ts'

/** Largest file that can be a secret, in bytes; that of BuildKit. */
const sizeLimit = 500 * 1024

/** What a build was told of secrets. */
interface NamedSecrets {
  readonly secrets?: BuildOptions['secrets'] | undefined
  readonly allowSecretInLayer?: boolean | undefined
}

/** The secrets that the command line names, read when something wants them and kept in memory alone. */
export function openSecrets(
  { secrets = {}, allowSecretInLayer = false }: NamedSecrets,
  { cwd, env }: Environment,
): Secrets {
  const sources = new Map(Object.entries(secrets))
  const values = new Map<string, Promise<Secret | undefined>>()
  const read = async (id: string) => {
    const source = sources.get(id)
    if (!source) return undefined
    if ('env' in source) return new Secret(new TextEncoder().encode(env[source.env] ?? ''))
    return new Secret(await readSecretFile(id, path.resolve(cwd, source.file)))
  }
  return {
    ids: [...sources.keys()],
    inLayers: allowSecretInLayer ? 'allowed' : 'refused',
    read(id) {
      const value = values.get(id) ?? read(id)
      values.set(id, value)
      return value
    },
  }
}

/**
 * Looks whether all secrets are there, so that what is wrong is known before a step runs. A variable that is not set makes an
 * empty secret, as with Docker, and is told to `notice`.
 * @throws {TsbuildError} TSB_SECRET_MISSING, TSB_SECRET_TOO_LARGE
 */
export async function checkSecrets(
  named: BuildOptions['secrets'],
  { cwd, env }: Environment,
  notice: (message: string) => void,
): Promise<void> {
  for (const [id, source] of Object.entries(named ?? {})) {
    if ('file' in source) await checkFile(id, source.file, path.resolve(cwd, source.file))
    else if (env[source.env] === undefined)
      notice(`warning: secret ${id} is empty: the variable ${source.env} is not set`)
  }
}

/** The ids of those whose values are in a document: as bytes, or as JSON writes them. */
export async function secretsIn(json: Uint8Array, { ids, read }: Secrets): Promise<readonly string[]> {
  const text = Buffer.from(json).toString()
  const values = await Promise.all(ids.map(async (id) => ({ id, forms: layerForms(await bytesOf(id, read)) })))
  return values.filter(({ forms }) => forms.some((form) => text.includes(quoted(form.toString())))).map(({ id }) => id)
}

async function bytesOf(id: string, read: Secrets['read']): Promise<Uint8Array> {
  return (await read(id))?.reveal() ?? new Uint8Array(0)
}

function quoted(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}

async function checkFile(id: string, written: string, file: string): Promise<void> {
  const { size } = await statFile(id, written, file)
  if (size <= sizeLimit) return
  throw new TsbuildError('TSB_SECRET_TOO_LARGE', `secret ${id} too big. max size 500KB`, {
    hint: `${file} has ${size} bytes: mount a directory with RUN --mount=type=bind, or pass a smaller file`,
  })
}

async function statFile(id: string, written: string, file: string): Promise<Stats> {
  const hint =
    id === written
      ? `no variable and no file has that name: set ${id}, or write --secret id=${id},src=FILE`
      : 'check src= of --secret'
  return await readable(id, file, hint, async () => {
    const stats = await stat(file)
    if (stats.isDirectory()) throw missing(id, file, 'src= of --secret is a file')
    return stats
  })
}

function readSecretFile(id: string, file: string): Promise<Uint8Array> {
  return readable(id, file, 'check src= of --secret', () => readFile(file))
}

async function readable<T>(id: string, file: string, hint: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (!isSystemError(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'EISDIR')) throw error
    throw missing(id, file, hint, error)
  }
}

function missing(id: string, file: string, hint: string, cause?: unknown): TsbuildError {
  return new TsbuildError('TSB_SECRET_MISSING', `secret ${id}: cannot read ${file}`, { cause, hint })
}
