import { didYouMean } from '../../errors.ts'
import { matchReference, tryReference } from '../../image/index.ts'
import type { ImageSummary } from '../../index.ts'
import { FlagError } from './flag-error.ts'

type Images = readonly ImageSummary[]

/** What the values of a `--filter` leave of some images. @param find one that a value names */
type Filter = (
  values: readonly string[],
  images: Images,
  find: (name: string) => Promise<ImageSummary>,
) => Promise<Images>

/** The filters of `docker images`. Of several references one has to fit, of all others each. */
const filters: Readonly<Record<string, Filter>> = {
  reference: async (values, images) => {
    const patterns = values.map(referencePattern)
    return images
      .map((image) => ({ ...image, names: image.names.filter((name) => patterns.some((matches) => matches(name))) }))
      .filter(({ names }) => names.length > 0)
  },
  dangling: async (values, images) => {
    const wanted = values.map(readBoolean)
    return images.filter(({ names }) => wanted.every((dangling) => (names.length === 0) === dangling))
  },
  label: async (values, images) => images.filter(({ labels }) => values.every((value) => hasLabel(labels, value))),
  before: async (values, images, find) => {
    const times = await Promise.all(values.map(async (name) => timeOf(await find(name))))
    return images.filter((image) => times.every((time) => timeOf(image) < time))
  },
  since: async (values, images, find) => {
    const times = await Promise.all(values.map(async (name) => timeOf(await find(name))))
    return images.filter((image) => times.every((time) => timeOf(image) > time))
  },
}

/**
 * The images that several `--filter` let through, with the names that a reference leaves.
 * @throws {FlagError} and what `find` throws for an image that is not there
 */
export async function filterImages(
  texts: readonly string[],
  images: Images,
  find: (name: string) => Promise<ImageSummary>,
): Promise<Images> {
  const conditions = Map.groupBy(texts.map(readCondition), ({ key }) => key)
  let left = images
  for (const [key, found] of conditions) {
    const values = found.map(({ value }) => value)
    left = (await filters[key]?.(values, left, find)) ?? left
  }
  return left
}

/** Whether a name, with its tag or without, is as `app:1`, `app` or `ghcr.io/me/*` says. */
export function referencePattern(text: string): (name: string) => boolean {
  return (name) => {
    const reference = tryReference(name)
    return reference !== undefined && matchReference(text, reference)
  }
}

function readCondition(text: string): { readonly key: string; readonly value: string } {
  const [, key = text, value] = /^([a-z]+)=(.+)$/s.exec(text) ?? []
  if (!Object.hasOwn(filters, key) || value === undefined) {
    const names = Object.keys(filters)
    const hint = Object.hasOwn(filters, key.replace(/=$/, '')) ? undefined : didYouMean(key, names)
    throw new FlagError(`invalid value for --filter: ${text}`, hint ?? `write KEY=VALUE with ${names.join(', ')}`)
  }
  return { key, value }
}

function readBoolean(text: string): boolean {
  if (/^(?:true|t|1)$/i.test(text)) return true
  if (/^(?:false|f|0)$/i.test(text)) return false
  throw new FlagError(`invalid value for --filter: dangling=${text}`, 'write dangling=true or dangling=false')
}

/** @param wanted `NAME` or `NAME=VALUE` */
function hasLabel(labels: ImageSummary['labels'], wanted: string): boolean {
  const [name = '', ...value] = wanted.split('=')
  return Object.hasOwn(labels, name) && (value.length === 0 || labels[name] === value.join('='))
}

function timeOf({ created }: ImageSummary): number {
  return created === undefined ? 0 : Date.parse(created)
}
