import type { HistoryRow, ImageHistory } from '../../index.ts'
import { ellipsis, humanSize } from '../../text/index.ts'
import { readLimits } from '../flags/limit.ts'
import { type RegistryFlags, registryAccess } from '../flags/registry-access.ts'
import { listingText } from '../listing.ts'
import { historyWord } from '../program/foreign-words.ts'
import type { Session } from '../session.ts'
import { localTime, timeAgo } from '../text/time.ts'

export interface HistoryFlags extends RegistryFlags {
  readonly human: boolean
  /** false: `--no-trunc` */
  readonly trunc: boolean
  readonly quiet?: true
  readonly format?: string
  readonly platform?: string
  readonly limit: readonly string[]
}

/** Prints how an image was made, newest row first. */
export async function historyCommand(session: Session, image: string, flags: HistoryFlags): Promise<void> {
  const { environment, out, signal } = session
  await checkWord(session, image)
  const limits = readLimits(flags.limit, environment.env)
  const { history } = await session.library()
  const platform = flags.platform === undefined ? {} : { platform: flags.platform }
  const options = { ...platform, ...(limits && { limits }), ...registryAccess(flags), signal }
  const found = await history(image, options, environment)
  out.print(historyText(found, flags, environment.now()))
}

/** What buildx calls its history is asked of `tsbuild builds`, unless an image has that name. @throws {FlagError} */
async function checkWord({ library, environment }: Session, word: string): Promise<void> {
  const error = historyWord(word)
  if (!error) return
  const { openImages } = await library()
  const images = await openImages(environment, {})
  const isThere = images.list().then((all) => all.some(({ names }) => names.includes(`${word}:latest`)))
  if (!(await isThere.finally(() => images.close()))) throw error
}

/** The text of the list. @param now milliseconds since 1970 */
export function historyText({ rows, compressed }: ImageHistory, flags: HistoryTextFlags, now: number): string {
  const cells = rows.map((row) => rowCells(row, flags, now))
  if (flags.quiet) return cells.map(({ ID }) => `${ID}\n`).join('')
  const text = listingText(
    {
      headings: { ...headings, Size: compressed ? 'SIZE*' : 'SIZE' },
      columns: ['ID', flags.human ? 'CreatedSince' : 'CreatedAt', 'CreatedBy', 'Size', 'Comment'],
      rows: cells,
    },
    flags.format,
  )
  return compressed && (flags.format ?? 'table').startsWith('table') ? `${text}* compressed\n` : text
}

export type HistoryTextFlags = Pick<HistoryFlags, 'human' | 'trunc' | 'quiet' | 'format'>

const headings = {
  ID: 'IMAGE',
  CreatedSince: 'CREATED',
  CreatedAt: 'CREATED AT',
  CreatedBy: 'CREATED BY',
  Size: 'SIZE',
  Comment: 'COMMENT',
} as const

/** Columns of CREATED BY, as docker has it. */
const textWidth = 45

function rowCells(row: HistoryRow, { human, trunc }: HistoryTextFlags, now: number) {
  const text = row.createdBy.replaceAll('\t', ' ')
  return {
    ID: row.id === undefined ? '<missing>' : trunc ? row.id.replace(/^sha256:/, '').slice(0, 12) : row.id,
    CreatedSince: timeAgo(row.created, now),
    CreatedAt: localTime(row.created),
    CreatedBy: trunc ? ellipsis(text.replaceAll('\n', ' '), textWidth) : text,
    Size: human ? humanSize(row.size) : String(row.size),
    Comment: row.comment,
  }
}
