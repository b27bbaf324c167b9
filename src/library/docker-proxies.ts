import { readFileSync } from 'node:fs'
import path from 'node:path'
import { isSystemError, TsbuildError } from '../errors.ts'
import { parseJson } from '../image/index.ts'
import type { Environment } from '../options.ts'

const sizeLimit = 1 << 20

/** The members of `proxies.default`, and the build arguments that they are. */
const names = [
  ['httpProxy', 'HTTP_PROXY'],
  ['httpsProxy', 'HTTPS_PROXY'],
  ['ftpProxy', 'FTP_PROXY'],
  ['noProxy', 'NO_PROXY'],
  ['allProxy', 'ALL_PROXY'],
] as const

type Arguments = Readonly<Record<string, string>>

/**
 * The build arguments with those that docker's `config.json` adds: its `proxies.default`, in capitals and lower case, unless
 * one of the two is given. The file is `$DOCKER_CONFIG/config.json`, else that of `~/.docker`.
 * @throws {TsbuildError} TSB_DOCKER_CONFIG
 */
export async function withDockerProxies(
  given: Arguments = {},
  environment: Pick<Environment, 'env'>,
): Promise<Arguments> {
  const found = await readProxies(environment)
  const isGiven = (name: string) => Object.keys(given).some((other) => other.toUpperCase() === name)
  const added = found
    .filter(([name]) => !isGiven(name))
    .flatMap(([name, value]) => [name, name.toLowerCase()].map((spelled) => [spelled, value]))
  return added.length === 0 ? given : { ...given, ...Object.fromEntries(added) }
}

async function readProxies({ env }: Pick<Environment, 'env'>): Promise<readonly (readonly [string, string])[]> {
  const folder = env['DOCKER_CONFIG'] || (env['HOME'] && path.join(env['HOME'], '.docker'))
  const file = folder && path.isAbsolute(folder) && path.join(folder, 'config.json')
  const bytes = file ? await readIfThere(file) : undefined
  if (!file || !bytes?.includes('"proxies"')) return []
  const { dockerConfigSchema } = await import('./docker-config-schema.ts')
  const parsed = dockerConfigSchema.safeParse(readJson(bytes, file))
  if (!parsed.success) throw wrongMember(file, parsed.error.issues[0])
  const proxies = parsed.data.proxies?.default ?? {}
  return names.flatMap(([member, name]) => (proxies[member] ? [[name, proxies[member]] as const] : []))
}

/** What exactly is wrong would show a part of the file, which may hold passwords. */
function readJson(bytes: Uint8Array, file: string): unknown {
  try {
    return parseJson(bytes, file, sizeLimit)
  } catch (error) {
    if (!(error instanceof TsbuildError)) throw error
    throw new TsbuildError('TSB_DOCKER_CONFIG', `${file} is no JSON`, { hint: 'docker cannot read it either: mend it' })
  }
}

/** A file that may not be read says nothing either: it is docker's, not ours. */
async function readIfThere(file: string): Promise<Buffer | undefined> {
  try {
    return readFileSync(file)
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return undefined
    throw error
  }
}

/** Values are not shown: the URL of a proxy may hold a password. */
function wrongMember(
  file: string,
  issue: { readonly path: readonly PropertyKey[]; readonly message: string } | undefined,
) {
  return new TsbuildError('TSB_DOCKER_CONFIG', `${file}: ${issue?.path.map(String).join('.')}: ${issue?.message}`, {
    hint: '{"proxies": {"default": {"httpProxy": "http://proxy.lan:3128"}}}',
  })
}
