import path from 'node:path'
import type { RemoteOptions } from '../remotes.ts'
import type { RemoteAddress } from './address.ts'

/** Settings of git, as `name=value`. */
export type GitConfig = readonly (readonly [name: string, value: string])[]

/** What every call of git is told, whatever a machine, a user or a repository would have it do. */
export const isolation: GitConfig = [
  ['core.hooksPath', '/dev/null'],
  ['core.attributesFile', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['fetch.recurseSubmodules', 'false'],
  ['submodule.recurse', 'false'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  ['init.defaultBranch', 'main'],
  ['pack.threads', '1'],
  ['http.lowSpeedLimit', '1'],
  ['http.lowSpeedTime', '120'],
]

/**
 * The environment of git: a fixed list, in which nothing of the user's own settings or of an image is.
 * @param folder where it is started
 */
export function gitEnvironment(env: RemoteOptions['env'], folder: string): Readonly<Record<string, string>> {
  return {
    PATH: env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
    HOME: '/dev/null',
    LC_ALL: 'C',
    GIT_CEILING_DIRECTORIES: path.dirname(folder), // git looks at the folder it is started in, and no further
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_SYSTEM: '/dev/null',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ALLOW_PROTOCOL: 'none',
    ...passedOn(env),
  }
}

/** What a machine needs to reach servers at all. */
const network = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'ALL_PROXY']
const certificates = ['SSL_CERT_FILE', 'SSL_CERT_DIR', 'GIT_SSL_CAINFO', 'GIT_SSL_CAPATH']

function passedOn(env: RemoteOptions['env']): Readonly<Record<string, string>> {
  const names = [...network, ...network.map((name) => name.toLowerCase()), ...certificates]
  const given = names.flatMap((name) => (env[name] ? [[name, env[name]] as const] : []))
  const bundle = env['GIT_SSL_CAINFO'] || env['SSL_CERT_FILE']
  return { ...Object.fromEntries(given), ...(bundle && { GIT_SSL_CAINFO: bundle }) }
}

/** Settings that may be secret: in the environment, where other users cannot read them. Git 2.31 and newer know it. */
export function configVariables(config: GitConfig): Readonly<Record<string, string>> {
  const pairs = config.flatMap(([name, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, name] as const,
    [`GIT_CONFIG_VALUE_${index}`, value] as const,
  ])
  return { GIT_CONFIG_COUNT: String(config.length), ...Object.fromEntries(pairs) }
}

/** Over what git may talk: to this remote, and to nothing else. Never files of this machine, never `ext::`. */
export function protocolVariables({ scheme }: RemoteAddress): Readonly<Record<string, string>> {
  return { GIT_ALLOW_PROTOCOL: scheme === 'http' ? 'http:https' : scheme }
}
