import { OptionError } from '../errors.ts'
import { tryReference } from '../image/index.ts'

/**
 * The hosts that an option lists, in the form that references have: `docker.io`, `127.0.0.1:5000`. For `--registry-allow`
 * none at all is a list that allows nothing.
 * @throws {OptionError} TSB_REGISTRY_ALLOW for what is no `host[:port]`, or would be read as part of a repository
 */
export function registryHosts(
  option: '--registry-allow' | '--insecure-registry',
  hosts: readonly string[],
): ReadonlySet<string> {
  return new Set(hosts.map((text) => registryHost(text.toLowerCase()) ?? refuse(option, text)))
}

/**
 * The host that `login` and `logout` are given.
 * @throws {OptionError} TSB_LOGIN_HOST
 */
export function loginHost(text: string): string {
  const host = registryHost(text.toLowerCase())
  if (host !== undefined) return host
  throw new OptionError('TSB_LOGIN_HOST', `not the host of a registry: ${JSON.stringify(text)}`, {
    hint: 'a login is for a whole registry: tsbuild login ghcr.io, or tsbuild login 127.0.0.1:5000',
  })
}

/** `library` alone is no host: `FROM library/x` is an image of docker.io. */
function registryHost(text: string): string | undefined {
  const found = tryReference(`${text}/some/image`)
  const isHost = found?.path === 'some/image' && found.tag === undefined && found.digest === undefined
  return isHost ? found.domain : undefined
}

function refuse(option: string, text: string): never {
  throw new OptionError('TSB_REGISTRY_ALLOW', `not the host of a registry: ${JSON.stringify(text)}`, {
    hint: `write ${option} docker.io, or ${option} 127.0.0.1:5000`,
  })
}
