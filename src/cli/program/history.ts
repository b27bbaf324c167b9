import { Command, Option } from 'commander'
import type { HistoryFlags } from '../commands/history.ts'
import { withHelp } from './help.ts'
import { imageArgument } from './look.ts'
import { withRegistryFlags } from './registry-flags.ts'
import { limitFlag, type Run } from './run.ts'

const notes = `
SIZE is that of the files in a layer; of one that is not here its compressed size, under SIZE*.

Placeholders of --format: .ID .CreatedSince .CreatedAt .CreatedBy .Size .Comment`

const examples = {
  'tsbuild history app': 'of the store',
  'tsbuild history mysql:8.0': 'of a registry; no layer is downloaded',
  'tsbuild history oci-archive:app.tar': 'of a file',
  "tsbuild history --no-trunc --format '{{.CreatedBy}}' app": 'the instructions alone, as they are',
}

export function historyProgram(run: Run): Command {
  const command = new Command('history')
    .summary('show how an image was made, newest row first')
    .description(
      'Shows how an image was made, newest row first. An image that is not in the store is asked of its registry.',
    )
    .argument('<image>', imageArgument)
    .optionsGroup('What is printed:')
    .option('-H, --human', 'sizes and dates for people; --human=false for programs', true)
    .addOption(new Option('--no-human').hideHelp())
    .option('--no-trunc', 'show all of every text')
    .option('-q, --quiet', 'show only image ids')
    .option('--format <format>', 'table, json, or a Go template, also after "table "')
    .optionsGroup('Which image:')
    .option('--platform <os/arch>', 'which image of an index')
  return withHelp(withRegistryFlags(command).addOption(limitFlag()), { notes, examples }).action(
    (image: string, flags: HistoryFlags) =>
      run('documents', async (session) =>
        (await import('../commands/history.ts')).historyCommand(session, image, flags),
      ),
  )
}
