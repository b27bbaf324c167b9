import type { UsageEntry } from '../../index.ts'
import { humanSize, visible } from '../../text/index.ts'
import { FlagError } from '../flags/flag-error.ts'
import { readFilters } from '../flags/usage.ts'
import { listingText } from '../listing.ts'
import type { Session } from '../session.ts'
import { table } from '../text/table.ts'
import { goTime, timeAgo } from '../text/time.ts'

export interface DuFlags {
  readonly filter: readonly string[]
  readonly verbose?: true
  readonly format?: string
}

/** Prints what the store's room is used for, largest first, and the sums. */
export async function duCommand(session: Session, flags: DuFlags): Promise<void> {
  const { environment, out } = session
  const filters = readFilters(flags.filter)
  if (flags.verbose && flags.format !== undefined) throw new FlagError('--verbose and --format exclude each other')
  const { diskUsage } = await session.library()
  const now = environment.now()
  const usage = await diskUsage(filters, environment)
  const format = flags.verbose ? 'pretty' : (flags.format ?? 'table')
  out.print(entriesText(usage.entries, format, now))
  if (!['table', 'pretty'].includes(format)) return
  const { shared, total, reclaimable } = usage
  const sums = [
    ...(shared > 0
      ? ([
          ['Shared:', shared],
          ['Private:', usage.private],
        ] as const)
      : []),
    ['Reclaimable:', reclaimable] as const,
    ['Total:', total] as const,
  ]
  out.print(
    table(
      sums.map(([name, bytes]) => [name, humanSize(bytes)]),
      { gap: 2, least: 15 },
    ),
  )
}

/** The entries in the form that `--format` asks for. @param now milliseconds since 1970 */
export function entriesText(entries: readonly UsageEntry[], format: string, now: number): string {
  if (format === 'pretty') return entries.map((entry) => block(entry, now)).join('')
  const isTable = format.startsWith('table')
  const rows = entries.map((entry) => rowOf(entry, isTable, now))
  return listingText({ headings, columns: ['ID', 'Reclaimable', 'Size', 'LastUsedAt'], rows }, format)
}

const headings = {
  ID: 'ID',
  Parents: 'PARENTS',
  CreatedAt: 'CREATED AT',
  Mutable: 'MUTABLE',
  Reclaimable: 'RECLAIMABLE',
  Shared: 'SHARED',
  Size: 'SIZE',
  Description: 'DESCRIPTION',
  UsageCount: 'USAGE COUNT',
  LastUsedAt: 'LAST ACCESSED',
  Type: 'TYPE',
} as const

/** In a table a `*` says that an id may still change, and that a size is shared. */
function rowOf(entry: UsageEntry, isTable: boolean, now: number) {
  const { id, parents, created, mutable, inUse, shared, size, description, uses, lastUsed, type } = entry
  return {
    ID: isTable && mutable ? `${id}*` : id,
    Parents: parents,
    CreatedAt: goTime(created ?? lastUsed),
    Mutable: mutable,
    Reclaimable: !inUse,
    Shared: shared,
    Size: isTable && shared ? `${humanSize(size)}*` : humanSize(size),
    Description: description,
    UsageCount: uses,
    LastUsedAt: timeAgo(lastUsed, now),
    Type: type,
  }
}

function block(entry: UsageEntry, now: number): string {
  const row = rowOf(entry, false, now)
  const lines: readonly (readonly [string, string])[] = [
    ['ID:', row.ID],
    ...(row.Parents.length > 0 ? [['Parents:', row.Parents.join(',')] as const] : []),
    ['Created at:', row.CreatedAt],
    ['Mutable:', String(row.Mutable)],
    ['Reclaimable:', String(row.Reclaimable)],
    ['Shared:', String(row.Shared)],
    ['Size:', row.Size],
    ['Description:', visible(row.Description.replace(/\s+/g, ' '))],
    ['Usage count:', String(row.UsageCount)],
    ['Last used:', row.LastUsedAt],
    ['Type:', row.Type],
  ]
  return `${table(lines, { gap: 2, least: 15 })}\n`
}
