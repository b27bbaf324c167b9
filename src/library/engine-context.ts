import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { hexOf, sha256 } from '../digest/index.ts'
import { isSystemError } from '../errors.ts'

type Env = Readonly<Record<string, string | undefined>>

/** The context that `docker` is set to; `host` is undefined for one that is not there, or that says nothing of an engine. */
export interface EngineContext {
  readonly name: string
  readonly host: string | undefined
}

/**
 * That of `DOCKER_CONTEXT`, else the one that `docker context use` wrote down. Undefined for `default`, which is where engines
 * usually listen.
 */
export async function currentContext(env: Env): Promise<EngineContext | undefined> {
  const { DOCKER_CONFIG: config = '', DOCKER_CONTEXT: named = '', HOME: home = '' } = env
  const folder = config !== '' ? config : path.join(home, '.docker')
  if (!path.isAbsolute(folder)) return undefined
  const name = named !== '' ? named : textIn(await jsonOf(path.join(folder, 'config.json')), 'currentContext')
  if (name === undefined || name === '' || name === 'default') return undefined
  const hex = hexOf(sha256(new TextEncoder().encode(name)))
  const meta = await jsonOf(path.join(folder, 'contexts/meta', hex, 'meta.json'))
  return { name, host: textIn(meta, 'Endpoints', 'docker', 'Host') }
}

async function jsonOf(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'))
  } catch (error) {
    // A file that is none of docker's says nothing of its contexts.
    if (error instanceof SyntaxError || isSystemError(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'EISDIR')) return undefined
    throw error
  }
}

function textIn(value: unknown, ...names: readonly string[]): string | undefined {
  const found = names.reduce<unknown>(
    (inside, name) => new Map<string, unknown>(Object.entries(Object(inside))).get(name),
    value,
  )
  return typeof found === 'string' ? found : undefined
}
