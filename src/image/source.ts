import { type Digest, parseDigest } from '../digest/index.ts'
import { TsbuildError } from '../errors.ts'
import { parseReference, type Reference } from './reference.ts'
import { tagPattern } from './reference-grammar.ts'

/** Which image of a layout or archive: absent when there is only one. */
interface Choice {
  readonly tag?: string
  readonly digest?: Digest
}

/** Where an image is had from. Paths are as written: whoever opens one decides what they are relative to. */
export type ImageSource =
  | { readonly kind: 'reference'; readonly reference: Reference }
  | ({ readonly kind: 'oci-layout'; readonly path: string } & Choice)
  | ({ readonly kind: 'oci-archive'; readonly path: string } & Choice)
  | ({ readonly kind: 'docker-archive'; readonly path: string } & Choice)

const scheme = /^(docker-image|oci-layout|oci-archive|docker-archive):(?:\/\/)?(.*)$/s

/**
 * Reads what may stand where an image is wanted: a reference (`node:22`, also `docker-image://node:22`),
 * `oci-layout://DIR[:TAG|@DIGEST]`, `oci-archive:FILE[:TAG|@DIGEST]` or `docker-archive:FILE[:TAG]`; `//` may be left out.
 * @throws {TsbuildError} TSB_REFERENCE_FORMAT, TSB_DIGEST_FORMAT
 */
export function parseImageSource(text: string): ImageSource {
  const [, kind, rest = ''] = scheme.exec(text) ?? []
  if (kind === undefined) return { kind: 'reference', reference: parseReference(text) }
  if (kind === 'docker-image') return { kind: 'reference', reference: parseReference(rest) }
  const choice = splitChoice(rest)
  if (choice.path === '') throw new TsbuildError('TSB_REFERENCE_FORMAT', `no path in ${JSON.stringify(text)}`)
  return { kind: kind as 'oci-layout' | 'oci-archive' | 'docker-archive', ...choice }
}

/** As `parseImageSource` reads it, for people and for `PinnedImage.name`. */
export function formatImageSource(source: ImageSource): string {
  if (source.kind === 'reference') return source.reference.normal
  const choice = (source.tag ? `:${source.tag}` : '') + (source.digest ? `@${source.digest}` : '')
  return `${source.kind}://${source.path}${choice}`
}

/** A tag is what follows the last colon, when that comes after the last slash and looks like a tag. */
function splitChoice(text: string): Choice & { readonly path: string } {
  const at = text.lastIndexOf('@sha256:')
  if (at >= 0) return { ...splitChoice(text.slice(0, at)), digest: parseDigest(text.slice(at + 1)) }
  const colon = text.lastIndexOf(':')
  const tag = text.slice(colon + 1)
  if (colon <= text.lastIndexOf('/') || !tagPattern.test(tag)) return { path: text }
  return { path: text.slice(0, colon), tag }
}
