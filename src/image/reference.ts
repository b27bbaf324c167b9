import { type Digest, parseDigest } from '../digest/index.ts'
import { TsbuildError } from '../errors.ts'
import { identifierPattern, maximumPathLength, namePattern, referencePattern, tagPattern } from './reference-grammar.ts'

/** The name of an image in a registry or in the store. */
export interface Reference {
  /** Registry host, perhaps with a port: `docker.io`, `localhost:5000`. */
  readonly domain: string
  /** Repository: `library/node`. */
  readonly path: string
  /** As written; absent when it was left out. */
  readonly tag?: string
  readonly digest?: Digest
  /** In full, with `:latest` when neither tag nor digest is given: `docker.io/library/node:latest`. */
  readonly normal: string
  /** As short as it can be written: `node`, `node:22`. */
  readonly familiar: string
}

const defaultDomain = 'docker.io'
const officialPrefix = 'library/'

/**
 * Reads the name of an image as people write it: `node`, `node:22`, `ghcr.io/o/app@sha256:…`. A first piece is a
 * registry when it has a dot, a colon or a capital, or is `localhost`; otherwise the registry is docker.io.
 * @throws {TsbuildError} TSB_REFERENCE_FORMAT; TSB_DIGEST_FORMAT for a digest that is not sha256
 */
export function parseReference(text: string): Reference {
  if (text === '') throw emptyName()
  if (identifierPattern.test(text)) throw formatError(text, 'a bare image id is no name')
  const matched = referencePattern.exec(withDomain(text))
  if (!matched) throw formatError(text, 'invalid reference format', hintFor(text))
  const [, name = '', tag, digest] = matched
  const [, domain, path = ''] = namePattern.exec(name) ?? []
  if (path.length > maximumPathLength) throw formatError(text, `a path has at most ${maximumPathLength} characters`)
  if (domain === undefined) throw formatError(text, 'its first piece is no host name')
  return reference(domain, path, tag, digest === undefined ? undefined : parseDigest(digest))
}

/** The reference that a text is, if it is one. */
export function tryReference(text: string): Reference | undefined {
  try {
    return parseReference(text)
  } catch (error) {
    if (error instanceof TsbuildError) return undefined
    throw error
  }
}

/**
 * The same repository with another tag or digest, or none.
 * @throws {TsbuildError} TSB_REFERENCE_FORMAT for what is no tag
 */
export function withTagOrDigest(base: Reference, tag: string | undefined, digest: Digest | undefined): Reference {
  if (tag !== undefined && !tagPattern.test(tag)) throw formatError(`${base.familiar}:${tag}`, 'invalid tag format')
  return reference(base.domain, base.path, tag, digest)
}

function reference(domain: string, path: string, tag: string | undefined, digest: Digest | undefined): Reference {
  const suffix = formatSuffix(tag, digest)
  return {
    domain,
    path,
    ...(tag !== undefined && { tag }),
    ...(digest !== undefined && { digest }),
    normal: `${domain}/${path}${suffix || ':latest'}`,
    familiar: familiarName(domain, path) + suffix,
  }
}

function formatSuffix(tag: string | undefined, digest: Digest | undefined): string {
  return (tag === undefined ? '' : `:${tag}`) + (digest === undefined ? '' : `@${digest}`)
}

function familiarName(domain: string, path: string): string {
  if (domain !== defaultDomain) return `${domain}/${path}`
  const short = path.startsWith(officialPrefix) ? path.slice(officialPrefix.length) : path
  return short.includes('/') ? path : short
}

/** Puts the registry that is meant in front, and `library/` for an official image. */
function withDomain(text: string): string {
  const slash = text.indexOf('/')
  const first = slash < 0 ? '' : text.slice(0, slash)
  const named = first === 'localhost' || /[.:]/.test(first) || first !== first.toLowerCase()
  const domain = !named || first === 'index.docker.io' ? defaultDomain : first
  const rest = named ? text.slice(slash + 1) : text
  const official = domain === defaultDomain && !rest.includes('/')
  return `${domain}/${official ? officialPrefix : ''}${rest}`
}

function formatError(text: string, reason: string, hint?: string): TsbuildError {
  return new TsbuildError('TSB_REFERENCE_FORMAT', `not an image name: ${shown(text)}: ${reason}`, { hint })
}

function emptyName(): TsbuildError {
  const hint = 'perhaps it comes from a variable that is not set, or a file with nothing in it'
  return new TsbuildError('TSB_REFERENCE_FORMAT', 'the name of an image is empty', { hint })
}

function shown(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text)
}

/** The most likely mend: lower case, or no `https://`. */
function hintFor(text: string): string {
  const bare = text.trim().replace(/^[a-z]+:\/\//, '')
  const candidates = [bare, loweredPath(bare), bare.toLowerCase()]
  const valid = candidates.find((candidate) => candidate !== text && referencePattern.test(withDomain(candidate)))
  if (valid === undefined) return 'a name is [registry/]path[:tag][@sha256:…], the path in lower case'
  return `did you mean "${valid}"?${valid === bare ? '' : ' The path of a name is in lower case'}`
}

/** All but the tag and a first piece that is a host in lower case. */
function loweredPath(text: string): string {
  const colon = text.indexOf(':', text.lastIndexOf('/') + 1)
  return colon < 0 ? text.toLowerCase() : text.slice(0, colon).toLowerCase() + text.slice(colon)
}
