import path from 'node:path'
import type { Logins } from '../credentials/index.ts'
import type { Environment, LimitOptions } from '../options.ts'
import type { Registry, RegistryConfig, RegistryOptions } from '../registry/index.ts'
import { limitsFrom } from './limits.ts'
import { registryHosts } from './registry-allow.ts'

/** What says how registries are asked. */
export interface ClientOptions {
  /** `docker.io` to `127.0.0.1:5000`: asked before those of the config file. */
  readonly registryMirrors?: Readonly<Record<string, string>> | undefined
  /** Who may be asked; undefined: all. */
  readonly registryAllow?: readonly string[] | undefined
  /** Hosts that may have a certificate of nobody, or speak plain HTTP; beside those of config files. */
  readonly insecureRegistries?: readonly string[] | undefined
  /** Absent: those of docker's and podman's files. */
  readonly logins?: Logins | undefined
  readonly limits?: LimitOptions | undefined
  readonly notice?: ((message: string) => void) | undefined
}

/** The client of registries, loaded on first use. Closing it gives up the connections that it has. */
export interface RegistryClient extends AsyncDisposable {
  readonly open: () => Promise<Registry>
}

/** @throws {OptionError} for hosts that are none, and limits that are none */
export function registryClient(environment: Environment, options: ClientOptions): RegistryClient {
  const rules = {
    limits: limitsFrom(options.limits),
    allowed: options.registryAllow && registryHosts('--registry-allow', options.registryAllow),
  }
  let opened: Promise<Registry> | undefined
  return {
    open() {
      opened ??= openClient(environment, options, rules)
      return opened
    },
    async [Symbol.asyncDispose]() {
      const client = await opened?.catch(() => undefined)
      client?.close()
    },
  }
}

async function openClient(
  { env }: Environment,
  options: ClientOptions,
  rules: Pick<RegistryOptions, 'limits' | 'allowed'>,
): Promise<Registry> {
  const { certificateFolders, loadRegistriesConf, loadRegistryConfig, openCertificates, openRegistry, withMirrors } =
    await import('../registry/index.ts')
  const { proxiesOf } = await import('../http/index.ts')
  const { openLogins } = await import('../credentials/index.ts')
  const folder = configFolder(env)
  const file = folder && path.join(folder, 'tsbuild', 'config.json')
  const { mirrors, insecure, unknown } = file ? await loadRegistryConfig(file) : noConfig
  if (unknown.length > 0) options.notice?.(unknownKeys(file ?? '', unknown))
  const added = Object.entries(options.registryMirrors ?? {}).map(([host, mirror]) => `${host}=${mirror}`)
  return openRegistry({
    mirrors: withMirrors(mirrors, added),
    rules: await loadRegistriesConf(env),
    insecure: new Set([...insecure, ...registryHosts('--insecure-registry', options.insecureRegistries ?? [])]),
    certificates: openCertificates(certificateFolders(env)),
    ...rules,
    userAgent: 'tsbuild',
    proxies: proxiesOf(env),
    logins: options.logins ?? openLogins(env, rules.limits, options.notice),
    ...(options.notice && { notice: options.notice }),
  })
}

const noConfig: RegistryConfig = { mirrors: new Map(), insecure: [], unknown: [] }

function unknownKeys(file: string, keys: readonly string[]): string {
  const named = keys.map((key) => JSON.stringify(key)).join(', ')
  return `warning: ${file}: not known, and passed over: ${named} (known are registryMirrors and insecureRegistries)`
}

/** Only an absolute path: nothing is read from the working directory, which may be what is built. */
function configFolder(env: Environment['env']): string | undefined {
  const { XDG_CONFIG_HOME: config = '', HOME: home = '' } = env
  if (path.isAbsolute(config)) return config
  return path.isAbsolute(home) ? path.join(home, '.config') : undefined
}
