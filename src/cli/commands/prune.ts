import { createInterface } from 'node:readline/promises'
import type { PruneOptions, PruneResult } from '../../index.ts'
import { humanSize, visible } from '../../text/index.ts'
import { FlagError } from '../flags/flag-error.ts'
import { readSpace } from '../flags/limits.ts'
import { readFilters } from '../flags/usage.ts'
import type { Session } from '../session.ts'
import { table } from '../text/table.ts'
import { timeAgo } from '../text/time.ts'
import { entriesText } from './du.ts'

export interface PruneFlags {
  readonly all?: true
  readonly force?: true
  readonly dryRun?: true
  readonly filter: readonly string[]
  readonly keepDuration?: string
  readonly maxUsedSpace?: string
  readonly minFreeSpace?: string
  readonly reservedSpace?: string
  readonly verbose?: true
}

/** Gives room back, and prints what went; asks before, on a terminal. */
export async function pruneCommand(session: Session, flags: PruneFlags): Promise<void> {
  const options = pruneOptions(flags)
  if (!flags.force && !flags.dryRun && !(await isConfirmed(session, options))) return
  const { prune } = await session.library()
  const { environment, out, err } = session
  const result = await prune(options, environment)
  const now = environment.now()
  const removed = result.removed.map((entry) => ({ ...entry, size: entry.reclaimable, shared: false }))
  out.print(flags.dryRun ? plannedText(result, now) : entriesText(removed, flags.verbose ? 'pretty' : 'table', now))
  out.print(`Total: ${humanSize(result.total)}\n`)
  if (flags.maxUsedSpace !== undefined && removed.length === 0) err.print(keptText(result, flags.maxUsedSpace))
  if (result.othersHere) {
    err.print('note: other builds are running: what they may have in hand stays; run prune again when they are over\n')
  }
}

function pruneOptions(flags: PruneFlags): PruneOptions {
  const { filters, unusedFor } = readFilters(flags.filter, flags.keepDuration)
  const { maxUsedSpace, minFreeSpace, reservedSpace } = flags
  return {
    all: flags.all ?? false,
    dryRun: flags.dryRun ?? false,
    filters,
    ...(unusedFor !== undefined && { unusedFor }),
    ...(maxUsedSpace !== undefined && { maxUsedSpace: readSpace('--max-used-space', maxUsedSpace) }),
    ...(minFreeSpace !== undefined && { minFreeSpace: readSpace('--min-free-space', minFreeSpace) }),
    ...(reservedSpace !== undefined && { reservedSpace: readSpace('--reserved-space', reservedSpace) }),
  }
}

/** @throws {FlagError} where nobody can be asked */
async function isConfirmed({ environment, err, signal }: Session, { all }: PruneOptions): Promise<boolean> {
  const { stdin } = environment
  if (!('isTTY' in stdin) || stdin.isTTY !== true || !err.isTerminal) {
    throw new FlagError('nobody can be asked here whether to remove it', 'add -f, or look first with --dry-run')
  }
  const what = all
    ? 'all build cache, and images without a name'
    : 'all dangling build cache, and images without a name'
  const asking = createInterface({ input: stdin, output: err.stream })
  try {
    const answer = await asking.question(
      `WARNING! This will remove ${what}. Are you sure you want to continue? [y/N] `,
      { signal },
    )
    return /^y(es)?$/i.test(answer.trim())
  } finally {
    asking.close()
  }
}

/** Why nothing goes, since the sum of `du` may be above the limit all the same. */
function keptText({ left, needed }: PruneResult, most: string): string {
  const counted = `${humanSize(left)} of ${visible(most)} are used`
  return `note: nothing was to be removed: ${counted}; what images with a name need, ${humanSize(needed)}, is not counted\n`
}

/** What would go, and why. */
function plannedText({ removed }: PruneResult, now: number): string {
  const rows = removed.map((entry) => [
    entry.id,
    entry.type,
    humanSize(entry.reclaimable),
    timeAgo(entry.lastUsed, now),
    visible(entry.why),
    visible(entry.description.replace(/\s+/g, ' ')),
  ])
  return table([['ID', 'TYPE', 'SIZE', 'LAST ACCESSED', 'WHY', 'DESCRIPTION'], ...rows])
}
