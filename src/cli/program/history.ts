import { Command } from 'commander'
import type { HistoryFlags } from '../commands/history.ts'
import { withRegistryFlags } from './registry-flags.ts'
import { limitFlag, type Run } from './run.ts'

const examples = `
Examples:
  tsbuild history app                                  of the store
  tsbuild history mysql:8.0                            of a registry; no layer is downloaded
  tsbuild history oci-archive:app.tar                  of a file
  tsbuild history --no-trunc --format '{{.CreatedBy}}' app

Placeholders of --format: .ID .CreatedSince .CreatedAt .CreatedBy .Size .Comment`

export function historyProgram(run: Run): Command {
  const command = new Command('history')
    .summary('show how an image was made, newest row first')
    .description(
      'Shows how an image was made, newest row first. An image that is not in the store is asked of its registry.',
    )
    .argument('<image>', 'name, id, oci-archive:FILE or oci-layout:DIR')
    .option('-H, --human', 'sizes and dates for people; --human=false for programs', true)
    .option('--no-human')
    .option('--no-trunc', 'show all of every text')
    .option('-q, --quiet', 'show only image ids')
    .option('--format <format>', 'table, json, or a Go template, also after "table "')
    .option('--platform <os/arch>', 'which image of an index')
  return withRegistryFlags(command)
    .addOption(limitFlag())
    .configureHelp({ visibleOptions: (command) => command.options.filter((option) => option.long !== '--no-human') })
    .addHelpText('after', examples)
    .action((image: string, flags: HistoryFlags) =>
      run('documents', async (session) =>
        (await import('../commands/history.ts')).historyCommand(session, image, flags),
      ),
    )
}
