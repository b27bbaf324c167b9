import { TsbuildError } from '../errors.ts'
import { parseJson } from '../image/index.ts'
import type { Endpoint } from './endpoint.ts'
import type { Asking } from './resolve.ts'

/** Pages of a list that are read. */
export const pageLimit = 1000

/**
 * The tags of a repository, in the order in which the registry has them.
 * @throws {TsbuildError} TSB_TAGS_LINK for a next page elsewhere, TSB_DOCUMENT_FORMAT and those of `Client`
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-tags
 */
export async function listTags({ client, endpoint, limits, signal }: Asking): Promise<readonly string[]> {
  const tags = new Set<string>()
  const seen = new Set<string>()
  for (let path: string | undefined = 'tags/list'; path !== undefined && seen.size < pageLimit; ) {
    seen.add(path)
    const name = `the tags of ${endpoint.host}/${endpoint.repository}`
    const { bytes, headers } = await client.read(endpoint, path, { name, limit: limits.manifest }, signal)
    for (const tag of tagsIn(parseJson(bytes, name, limits.manifest, limits.depth), name)) tags.add(tag)
    const next = nextPage(endpoint, path, headers.link)
    path = next === undefined || seen.has(next) ? undefined : next
  }
  return [...tags]
}

function tagsIn(value: unknown, name: string): readonly string[] {
  const tags: unknown = new Map<string, unknown>(Object.entries(Object(value))).get('tags') ?? []
  if (Array.isArray(tags) && tags.every((tag) => typeof tag === 'string')) return tags
  throw new TsbuildError('TSB_DOCUMENT_FORMAT', `${name} are no list of texts`)
}

/** `</v2/app/tags/list?n=100&last=x>; rel="next"`, on the same origin: the token goes there too. */
export function nextPage(
  endpoint: Endpoint,
  from: string,
  link: string | readonly string[] | undefined,
): string | undefined {
  const [, target] = /<([^>]*)>\s*;[^,]*\brel="?next\b/i.exec(String(link ?? '')) ?? []
  if (target === undefined) return undefined
  const current = new URL(from, endpoint.base)
  const next = URL.canParse(target, current.href) ? new URL(target, current.href) : undefined
  // A path that begins with two slashes would be read as another host by who gets the path alone.
  const isRooted = next?.pathname.startsWith('//') === false
  if (next?.origin === endpoint.base.origin && isRooted) return next.pathname + next.search
  const where = next ? `${next.protocol}//${next.host}${isRooted ? '' : '//…'}` : 'what is no URL'
  throw new TsbuildError('TSB_TAGS_LINK', `${endpoint.host} continues its list at ${where}`, {
    hint: 'the list of a registry is read from that registry alone',
  })
}
