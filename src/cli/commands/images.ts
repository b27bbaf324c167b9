import type { ImageCommands, ImageSummary, Platform } from '../../index.ts'
import { humanSize, visible } from '../../text/index.ts'
import { isTsbuildError } from '../exit.ts'
import { filterImages, referencePattern } from '../flags/image-filter.ts'
import { readLimits } from '../flags/limit.ts'
import { listingText } from '../listing.ts'
import type { Session } from '../session.ts'
import { parseTemplate } from '../template/index.ts'
import { jsonText } from '../text/json.ts'
import { repositoryAndTag } from '../text/repository.ts'
import { goTime, timeAgo } from '../text/time.ts'
import { dockerInspect } from './docker-inspect.ts'
import { withEachName } from './each-name.ts'

export interface ImagesFlags {
  readonly quiet?: true
  /** false: `--no-trunc` */
  readonly trunc: boolean
  readonly digests?: true
  readonly filter: readonly string[]
  readonly format?: string
}

export interface InspectFlags {
  readonly format?: string
  readonly platform?: string
}

/** Opens the images of the store for some work. @param limit `--limit` */
export async function withImages<T>(
  session: Session,
  work: (images: ImageCommands) => Promise<T>,
  limit: readonly string[] = [],
): Promise<T> {
  const limits = readLimits(limit, session.environment.env)
  session.err.print(session.notes.map((note) => `note: ${note}\n`).join(''))
  const { openImages } = await session.library()
  const images = await openImages(session.environment, { ...(limits && { limits }) })
  try {
    return await work(images)
  } finally {
    await images.close()
  }
}

/** Prints the images of the store, newest first, a row for each name. @param only a repository or a name */
export function listCommand(session: Session, only: string | undefined, flags: ImagesFlags): Promise<void> {
  return withImages(session, async (images) => {
    const all = await filterImages(flags.filter, await images.list(), (name) => images.inspect(name))
    session.out.print(imagesText(all, only, flags, session.environment.now()))
    const damaged = await images.damaged()
    if (damaged.length > 0)
      session.err.print(`WARNING: damaged, and not listed: ${damaged.join(', ')} (tsbuild doctor --fsck says more)\n`)
  })
}

type ListFlags = Omit<ImagesFlags, 'filter'>

/** The text of the list. @param now milliseconds since 1970 */
export function imagesText(
  images: readonly ImageSummary[],
  only: string | undefined,
  flags: ListFlags,
  now: number,
): string {
  const isAsked = only === undefined ? () => true : referencePattern(only)
  const rows = images.flatMap((image) => imageRows(image, isAsked, flags, now))
  if (flags.quiet) return [...new Set(rows.map(({ ID }) => `${ID}\n`))].join('')
  const columns = ['Repository', 'Tag', 'ID', 'CreatedSince', 'Size'] as const
  const withDigests = ['Repository', 'Tag', 'Digest', 'ID', 'CreatedSince', 'Size'] as const
  return listingText({ headings, columns: flags.digests ? withDigests : columns, rows }, flags.format)
}

const headings = {
  Repository: 'REPOSITORY',
  Tag: 'TAG',
  Digest: 'DIGEST',
  ID: 'IMAGE ID',
  CreatedSince: 'CREATED',
  CreatedAt: 'CREATED AT',
  Size: 'SIZE',
  Platform: 'PLATFORM',
} as const

function imageRows(image: ImageSummary, isAsked: (name: string) => boolean, { trunc }: ListFlags, now: number) {
  const names = image.names.length > 0 ? image.names : ['<none>:<none>']
  return names.filter(isAsked).map((name) => {
    const [repository, tag] = repositoryAndTag(name)
    return {
      Repository: repository,
      Tag: tag,
      Digest: image.registryDigests[name] ?? '<none>',
      ID: trunc ? image.id.replace(/^sha256:/, '').slice(0, 12) : image.id,
      CreatedSince: timeAgo(image.created, now),
      CreatedAt: goTime(image.created),
      Size: humanSize(image.size),
      Platform: image.platforms.map(platformText).join(','),
    }
  })
}

function platformText({ os, architecture, variant }: Platform): string {
  return [os, architecture, ...(variant ? [variant] : [])].join('/')
}

/** Prints an array of what is known, or the text of a template for each image. */
export function inspectCommand(
  session: Session,
  names: readonly string[],
  { format, platform }: InspectFlags,
): Promise<void> {
  return withImages(session, async (images) => {
    const template = format === undefined || format === 'json' ? undefined : parseTemplate(format)
    const found: unknown[] = []
    for (const name of names) found.push(dockerInspect(await images.inspect(name, platform)))
    const texts = template ? found.map((image) => visible(template.render(image))) : [jsonText(found, 4)]
    session.out.print(texts.map((text) => `${text}\n`).join(''))
  })
}

export function tagCommand(session: Session, name: string, newName: string): Promise<void> {
  return withImages(session, (images) => images.tag(name, newName))
}

/** Prints what was removed. @param force passes over images that are not there */
export function removeCommand(session: Session, names: readonly string[], force: boolean): Promise<void> {
  return withImages(session, (images) =>
    withEachName(session, names, async (name) => {
      const lines = await images.remove(name).catch((error: unknown) => {
        if (force && isTsbuildError(error, 'TSB_IMAGE_NOT_FOUND')) return []
        throw error
      })
      session.out.print(lines.map((line) => `${line}\n`).join(''))
    }),
  )
}
