import { Command, Option } from 'commander'
import type { WhyFlags } from '../commands/why.ts'
import type { Run } from './run.ts'
import { usualBuildArgument, usualBuildNote } from './usual-build.ts'

const help = `
STEP is its number, its place, a stage for its last step, or a part of its
label, as progress prints it; without one all that ran are explained.
${usualBuildNote}

Examples:
  tsbuild why                     the newest build of this folder
  tsbuild why "npm ci"            one step of it
  tsbuild why --build ^1 7        of the build before the newest`

/** `tsbuild why`: after a build, what made its steps run. */
export function whyProgram(run: Run): Command {
  return new Command('why')
    .summary('say why steps of the last build ran, and what would keep them in the cache')
    .argument('[step]', 'number, stage, or a part of the label')
    .option('--build <build>', usualBuildArgument)
    .addOption(new Option('--format <format>', 'how to print it').choices(['text', 'json']).default('text'))
    .addHelpText('after', help)
    .action((step: string | undefined, flags: WhyFlags) =>
      run('documents', async (session) => (await import('../commands/why.ts')).whyCommand(session, step, flags)),
    )
}
