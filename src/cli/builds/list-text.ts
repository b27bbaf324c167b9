import type { BuildRecord } from '../../index.ts'
import { listingText } from '../listing.ts'
import { timeAgo } from '../text/time.ts'
import { durationText, statusText, stepCounts } from './words.ts'

const headings = {
  Number: 'N',
  ID: 'BUILD ID',
  Name: 'NAME',
  Status: 'STATUS',
  CreatedSince: 'CREATED AT',
  CreatedAt: 'CREATED AT',
  Duration: 'DURATION',
  Context: 'CONTEXT',
  Steps: 'STEPS',
  Cached: 'CACHED',
} as const

/** The list of builds. @param now milliseconds since 1970 */
export function buildsText(
  builds: readonly BuildRecord[],
  { quiet, format }: { readonly quiet?: true; readonly format?: string },
  now: number,
): string {
  if (quiet) return builds.map(({ id }) => `${id}\n`).join('')
  const rows = builds.map((build) => buildRow(build, now))
  return listingText(
    { headings, columns: ['Number', 'ID', 'Name', 'Status', 'CreatedSince', 'Duration'], rows },
    format,
  )
}

/** A build by the names that `--format` knows. @param now milliseconds since 1970 */
export function buildRow(build: BuildRecord, now: number) {
  const { total, cached } = stepCounts(build)
  const created = new Date(build.started).toISOString()
  return {
    Number: build.number,
    ID: build.id,
    Name: build.name,
    Status: statusText(build.status),
    CreatedSince: timeAgo(created, now),
    CreatedAt: created,
    Duration: durationText(build.completed - build.started),
    Context: build.context,
    Steps: total,
    Cached: cached,
  }
}
