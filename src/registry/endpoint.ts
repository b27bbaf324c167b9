import { TsbuildError } from '../errors.ts'
import { isLoopbackHost } from '../http/index.ts'

/** A place where the blobs and manifests of one repository are asked for. */
export interface Endpoint {
  /** As people know it: `docker.io`, `127.0.0.1:5000`. */
  readonly host: string
  /** With a `/` at the end: `https://registry-1.docker.io/v2/library/node/`. */
  readonly base: URL
  /** As the registry calls it: `library/node`, with the prefix of a mirror. */
  readonly repository: string
  readonly mirror: boolean
}

/** Registry to mirrors in the order in which they are asked: `docker.io` to `127.0.0.1:5000`, `http://mirror.lan/hub`. */
export type Mirrors = ReadonlyMap<string, readonly string[]>

/** The mirrors of a repository, and last the registry itself. */
export function endpointsOf(domain: string, repository: string, mirrors: Mirrors): readonly Endpoint[] {
  const asked = (mirrors.get(domain) ?? []).map((text) => mirrorEndpoint(text, repository))
  return [...asked, endpointOf(domain, repository)]
}

/** The registry itself: what is pushed goes there. */
export function endpointOf(domain: string, repository: string): Endpoint {
  const host = domain === 'docker.io' ? 'registry-1.docker.io' : domain
  return endpoint(domain, `${schemeFor(host)}//${host}`, repository, false)
}

/**
 * Reads `REGISTRY=MIRROR[/PREFIX]`, as the command line takes it.
 * @throws {TsbuildError} TSB_MIRROR_FORMAT
 */
export function parseMirror(text: string): readonly [registry: string, mirror: string] {
  const [, registry, mirror] = /^([^=/]+)=(.+)$/s.exec(text) ?? []
  if (registry === undefined || mirror === undefined) throw mirrorError(text)
  mirrorEndpoint(mirror, 'x')
  return [registry, mirror]
}

/** Plain HTTP only where it never leaves this machine, or where the user wrote `http://`. */
function mirrorEndpoint(text: string, repository: string): Endpoint {
  const [, scheme, host = '', prefix = ''] = /^(https?:)?(?:\/\/)?([^/]+)\/?(.*?)\/?$/s.exec(text) ?? []
  if (!URL.canParse(`http://${host}`) || /[@?#\s]/.test(text)) throw mirrorError(text)
  const origin = `${scheme ?? schemeFor(host)}//${host}`
  return endpoint(host, origin, prefix === '' ? repository : `${prefix}/${repository}`, true)
}

function endpoint(host: string, origin: string, repository: string, mirror: boolean): Endpoint {
  return { host, base: new URL(`/v2/${repository}/`, origin), repository, mirror }
}

function schemeFor(host: string): 'http:' | 'https:' {
  return isLoopbackHost(new URL(`http://${host}`).hostname) ? 'http:' : 'https:'
}

function mirrorError(text: string): TsbuildError {
  return new TsbuildError('TSB_MIRROR_FORMAT', `not a registry mirror: ${JSON.stringify(text)}`, {
    hint: 'write docker.io=127.0.0.1:5000, or docker.io=http://mirror.lan:5000/prefix',
  })
}
