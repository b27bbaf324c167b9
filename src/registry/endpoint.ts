import { TsbuildError } from '../errors.ts'
import { isLoopbackHost } from '../http/index.ts'
import { lengthOf, type RegistryRule, ruleFor } from './rules.ts'

/** A place where the blobs and manifests of one repository are asked for. */
export interface Endpoint {
  /** As people know it: `docker.io`, `127.0.0.1:5000`. */
  readonly host: string
  /** With a `/` at the end: `https://registry-1.docker.io/v2/library/node/`. */
  readonly base: URL
  /** As the registry calls it: `library/node`, with the prefix of a mirror. */
  readonly repository: string
  readonly mirror: boolean
  /** Somebody said that neither its certificate nor encryption counts. */
  readonly insecure: boolean
  /** Somebody wrote down what it speaks. */
  readonly fixed: boolean
}

/**
 * Registry, or a part of it, to mirrors in the order in which they are asked: `docker.io` to `127.0.0.1:5000`,
 * `docker.io/library` to `http://mirror.lan/hub`. The longest key counts.
 */
export type Mirrors = ReadonlyMap<string, readonly string[]>

/** What is known of registries beside mirrors: rules of podman's, and which are insecure. */
export interface EndpointRules {
  readonly rules?: readonly RegistryRule[]
  /** Hosts. */
  readonly insecure?: ReadonlySet<string>
}

/**
 * The mirrors of a repository, and last the registry itself.
 * @param by what is asked for; some mirrors are for one of them; undefined: all
 * @throws {TsbuildError} TSB_REGISTRY_BLOCKED
 */
export function endpointsOf(
  domain: string,
  repository: string,
  mirrors: Mirrors,
  known: EndpointRules = {},
  by?: 'tag' | 'digest',
): readonly Endpoint[] {
  const name = `${domain}/${repository}`
  const found = ruleFor(known.rules ?? [], name)
  const ruled = (found?.rule.mirrors ?? []).filter(
    ({ pull }) => by === undefined || pull === 'all' || pull.startsWith(by),
  )
  return [
    ...mirrorsFor(mirrors, name).map(([text, rest]) => mirrorEndpoint(text, rest, known)),
    ...ruled.map(({ location, insecure }) => placeEndpoint(`${location}${found?.rest}`, true, insecure, known)),
    endpointOf(domain, repository, known),
  ]
}

/** The registry itself: what is pushed goes there. @throws {TsbuildError} TSB_REGISTRY_BLOCKED */
export function endpointOf(domain: string, repository: string, known: EndpointRules = {}): Endpoint {
  const name = `${domain}/${repository}`
  const { rule, rest } = ruleFor(known.rules ?? [], name) ?? {}
  if (rule?.blocked) {
    throw new TsbuildError('TSB_REGISTRY_BLOCKED', `${name} may not be asked for: ${rule.prefix} is blocked`, {
      hint: 'registries.conf says so (blocked = true)',
    })
  }
  return placeEndpoint(rule?.location === undefined ? name : `${rule.location}${rest}`, false, rule?.insecure, known)
}

/** The longest key that fits, with what is left of the name. */
function mirrorsFor(mirrors: Mirrors, name: string): readonly (readonly [mirror: string, rest: string])[] {
  const [key] = [...mirrors.keys()]
    .filter((each) => lengthOf(each, name) !== undefined)
    .sort((a, b) => b.length - a.length)
  return key === undefined ? [] : (mirrors.get(key) ?? []).map((text) => [text, name.slice(key.length + 1)] as const)
}

function placeEndpoint(place: string, mirror: boolean, insecure: boolean | undefined, known: EndpointRules): Endpoint {
  const slash = place.indexOf('/')
  const [domain, repository] = [place.slice(0, slash), place.slice(slash + 1)]
  const host = domain === 'docker.io' ? 'registry-1.docker.io' : domain
  const isInsecure = insecure === true || known.insecure?.has(domain) === true
  return { ...endpoint(domain, `${schemeFor(host)}//${host}`, repository, mirror), insecure: isInsecure }
}

/**
 * Reads `REGISTRY=MIRROR[/PREFIX]`, as the command line takes it.
 * @throws {TsbuildError} TSB_MIRROR_FORMAT
 */
export function parseMirror(text: string): readonly [registry: string, mirror: string] {
  const [, registry, mirror] = /^([^=/]+(?:\/[^=/]+)*)=(.+)$/s.exec(text) ?? []
  if (registry === undefined || mirror === undefined) throw mirrorError(text)
  mirrorEndpoint(mirror, 'x', {})
  return [registry, mirror]
}

/** Plain HTTP only where it never leaves this machine, or where the user wrote `http://`. */
function mirrorEndpoint(text: string, repository: string, { insecure }: EndpointRules): Endpoint {
  const [, scheme, host = '', prefix = ''] = /^(https?:)?(?:\/\/)?([^/]+)\/?(.*?)\/?$/s.exec(text) ?? []
  if (!URL.canParse(`http://${host}`) || /[@?#\s]/.test(text) || /:$/.test(host)) {
    throw mirrorError(text)
  }
  const origin = `${scheme ?? schemeFor(host)}//${host}`
  const place = endpoint(host, origin, prefix === '' ? repository : `${prefix}/${repository}`, true)
  return { ...place, fixed: scheme !== undefined, insecure: insecure?.has(host) === true }
}

function endpoint(host: string, origin: string, repository: string, mirror: boolean): Endpoint {
  return { host, base: new URL(`/v2/${repository}/`, origin), repository, mirror, insecure: false, fixed: false }
}

function schemeFor(host: string): 'http:' | 'https:' {
  return isLoopbackHost(new URL(`http://${host}`).hostname) ? 'http:' : 'https:'
}

function mirrorError(text: string): TsbuildError {
  return new TsbuildError('TSB_MIRROR_FORMAT', `not a registry mirror: ${JSON.stringify(text)}`, {
    hint: 'write docker.io=127.0.0.1:5000, or docker.io=http://mirror.lan:5000/prefix',
  })
}
