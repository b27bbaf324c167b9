import { readFile } from 'node:fs/promises'
import { isSystemError, readOption, TsbuildError } from '../errors.ts'
import { parseJson } from '../image/index.ts'
import { type Mirrors, parseMirror } from './endpoint.ts'

/** What the user's `config.json` may say about registries. */
export interface RegistryConfig {
  readonly mirrors: Mirrors
  /** Hosts. */
  readonly insecure: readonly string[]
  /** Keys of the file that mean nothing. */
  readonly unknown: readonly string[]
}

const known: ReadonlySet<string> = new Set(['registryMirrors', 'insecureRegistries'])

const sizeLimit = 1 << 20

/**
 * Reads `$XDG_CONFIG_HOME/tsbuild/config.json`: `{"registryMirrors": {"docker.io": ["127.0.0.1:5000"]}}`, and
 * `"insecureRegistries": ["registry.lan:5000"]`. A file that is not there says nothing.
 * @throws {TsbuildError} TSB_CONFIG_FILE
 */
export async function loadRegistryConfig(file: string): Promise<RegistryConfig> {
  const bytes = await readFile(file).catch((error: unknown) => {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return undefined
    throw new TsbuildError('TSB_CONFIG_FILE', `cannot read ${file}`, { cause: error })
  })
  return bytes ? await configIn(bytes, file) : { mirrors: new Map(), insecure: [], unknown: [] }
}

/** Adds the mirrors of the command line (`docker.io=127.0.0.1:5000`), which are asked before those of the file. */
export function withMirrors(mirrors: Mirrors, added: readonly string[]): Mirrors {
  const all = new Map(mirrors)
  for (const [registry, mirror] of added.map((text) => readOption(() => parseMirror(text))).reverse()) {
    all.set(registry, [mirror, ...(all.get(registry) ?? [])])
  }
  return all
}

async function configIn(bytes: Uint8Array, file: string): Promise<RegistryConfig> {
  const { configFileSchema } = await import('./config-file-schema.ts')
  const parsed = configFileSchema.safeParse(readJson(bytes, file))
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw wrongFile(`${file}: ${issue?.path.map(String).join('.')}: ${issue?.message}`)
  }
  const mirrors = Object.entries(parsed.data.registryMirrors ?? {})
  for (const [registry, hosts] of mirrors) for (const host of hosts) parseMirror(`${registry}=${host}`)
  const insecure = parsed.data.insecureRegistries ?? []
  const wrong = insecure.find((host) => !URL.canParse(`http://${host}`) || /[/@?#\s]/.test(host))
  if (wrong !== undefined) throw wrongFile(`${file}: insecureRegistries: no host[:port]: ${JSON.stringify(wrong)}`)
  const unknown = Object.keys(parsed.data).filter((key) => !known.has(key))
  return { mirrors: new Map(mirrors), insecure: insecure.map((host) => host.toLowerCase()), unknown }
}

function readJson(bytes: Uint8Array, file: string): unknown {
  try {
    return parseJson(bytes, file, sizeLimit)
  } catch (error) {
    if (!(error instanceof TsbuildError)) throw error
    throw wrongFile(error.message, error)
  }
}

function wrongFile(message: string, cause?: unknown): TsbuildError {
  const hint = 'mend or remove the file; it is written {"registryMirrors": {"docker.io": ["127.0.0.1:5000"]}}'
  return new TsbuildError('TSB_CONFIG_FILE', message, { hint, cause })
}
