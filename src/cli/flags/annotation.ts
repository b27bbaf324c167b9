import type { Annotation } from '../../index.ts'
import { FlagError } from './flag-error.ts'

const places = ['manifest', 'manifest-descriptor', 'index', 'index-descriptor'] as const
const hint = 'write NAME=VALUE, manifest:NAME=VALUE or manifest[linux/arm64]:NAME=VALUE'

/**
 * `--annotation [PLACE[PLATFORM][,PLACE…]:]NAME=VALUE`; without a place it is the manifest's.
 * @throws {FlagError} for an unknown place
 */
export function readAnnotation(text: string): readonly Annotation[] {
  const equals = text.indexOf('=')
  if (equals < 0) throw new FlagError(`invalid annotation ${JSON.stringify(text)}, expected key=value`, hint)
  const [key, value] = [text.slice(0, equals), text.slice(equals + 1)]
  const colon = key.indexOf(':')
  const name = key.slice(colon + 1)
  if (name === '') throw new FlagError(`invalid annotation ${JSON.stringify(text)}: the name is missing`, hint)
  if (colon < 0) return [{ on: 'manifest', name, value }]
  return key
    .slice(0, colon)
    .split(',')
    .map((place) => ({ ...readPlace(place), name, value }))
}

/**
 * A key of `-o`: `annotation.NAME`, `annotation-manifest-descriptor.NAME`, `annotation[linux/arm64].NAME`; undefined for any
 * other key.
 * @throws {FlagError} for an unknown place
 */
export function readAnnotationKey(key: string, value: string): Annotation | undefined {
  const match = /^annotation(?:-([a-z-]+))?(\[[^\]]*\])?\.(\S+)$/.exec(key)
  if (!match) return undefined
  const [, place = 'manifest', platform = '', name = ''] = match
  return { ...readPlace(place + platform), name, value }
}

function readPlace(text: string): Pick<Annotation, 'on' | 'platform'> {
  const [, place, platform] = /^([a-z-]+)(?:\[([A-Za-z0-9_/-]+)\])?$/.exec(text) ?? []
  const on = places.find((known) => known === place)
  if (!on) throw new FlagError(`unknown annotation type ${JSON.stringify(text)}`, `types: ${places.join(', ')}`)
  return platform === undefined ? { on } : { on, platform }
}
