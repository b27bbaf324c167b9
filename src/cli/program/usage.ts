import { Command } from 'commander'
import type { DuFlags } from '../commands/du.ts'
import type { PruneFlags } from '../commands/prune.ts'
import { withHelp } from './help.ts'
import { type Run, repeatable } from './run.ts'

const filterHelp = `
Filters: KEY=VALUE, KEY!=VALUE, KEY~=PATTERN; all of them have to hold.
  id, parents            an id, or the beginning of one
  type                   regular, image, internal, source.http, source.git.checkout, exec.cachemount
  description            what du --verbose shows
  inuse, shared, private, mutable, immutable   also without a value
  until=24h              not used for so long`

const pruneHelp = `
Without -a what images with a name share stays, and so do plans and digests of files. Limits take what was used least
recently first, and no more than they need. What is remembered of builds stays: tsbuild builds rm --all forgets it.
Sizes are bytes, 500m, 10g, or hundredths of the disk: 20%.`

/** The commands that look after the room that the store takes. */
export function usagePrograms(run: Run): readonly Command[] {
  return [duProgram(run), pruneProgram(run)]
}

function duProgram(run: Run): Command {
  const command = new Command('du')
    .summary('show what the room of the store is used for')
    .optionsGroup('What is shown:')
    .addOption(repeatable('--filter <condition>', 'show only some: type=regular, description~=npm'))
    .option('--verbose', 'show all that is known of each')
    .option('--format <format>', 'table, pretty, json, or a Go template, also after "table "')
  return withHelp(command, {
    notes: `${filterHelp}\n\nPlaceholders of --format: .ID .Parents .CreatedAt .Mutable .Reclaimable .Shared .Size .Description .UsageCount .LastUsedAt .Type`,
    examples: {
      'tsbuild du': 'what the room is used for, a line for each part',
      'tsbuild du --verbose --filter type=exec.cachemount': 'the caches of RUN, with all that is known of them',
    },
  }).action((flags: DuFlags) =>
    run('trees', async (session) => (await import('../commands/du.ts')).duCommand(session, flags)),
  )
}

function pruneProgram(run: Run): Command {
  const command = new Command('prune')
    .summary('give room back: what no image with a name needs')
    .optionsGroup('What is removed:')
    .option('-a, --all', 'also what can be made again for images with a name')
    .addOption(repeatable('--filter <condition>', 'remove only some: type=regular, until=24h'))
    .option('--keep-duration <time>', 'keep what was used within this time: short for --filter until=')
    .option('--max-used-space <size>', 'so much may be used at most')
    .option('--min-free-space <size>', 'so much of the disk is to be free')
    .option('--reserved-space <size>', 'so much is always kept')
    .optionsGroup('How:')
    .option('-f, --force', 'do not ask')
    .option('--dry-run', 'show what would be removed and why, and remove nothing')
    .option('--verbose', 'show all that is known of each')
  return withHelp(command, {
    notes: `${filterHelp}\n${pruneHelp}`,
    examples: {
      'tsbuild prune -f': 'all that no image with a name needs',
      'tsbuild prune -af --max-used-space 10g': 'no more than 10 GiB beside what images need',
      'tsbuild prune -f --filter until=168h': 'what was not used for a week',
      'tsbuild prune --dry-run --filter type=exec.cachemount': 'which caches of RUN would go',
    },
  }).action((flags: PruneFlags) =>
    run('trees', async (session) => (await import('../commands/prune.ts')).pruneCommand(session, flags)),
  )
}
