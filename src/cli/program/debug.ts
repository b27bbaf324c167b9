import { Command } from 'commander'
import type { ShellFlags } from '../commands/shell.ts'
import { FlagError } from '../flags/flag-error.ts'
import { withHelp } from './help.ts'
import { type Run, repeatable } from './run.ts'
import { usualBuildNote } from './usual-build.ts'

/**
 * The commands that look into steps.
 * @param words the command line: what stands after `--` is a command to run
 */
export function debugPrograms(run: Run, words: readonly string[]): readonly Command[] {
  const dashes = words.indexOf('--')
  const after = dashes < 0 ? undefined : words.slice(dashes + 1)
  return [shellProgram(run, after), catProgram(run)]
}

const shellNotes = `STEP is 7 of #7 in the output, 2/5 or "build 2/5" of [build 2/5], a stage for
its last step, or a part of the text of one step, of the last build. Steps of
other builds are named by their ids.
${usualBuildNote}`

function shellProgram(run: Run, after: readonly string[] | undefined): Command {
  const command = new Command('shell')
    .summary('open a shell in a step that failed, or after a step')
    .description(
      'Opens a shell in the step that failed in the last hour, as it was, or in the files after a step of the last build, in the sandbox that the step had. What it changes is not kept.',
    )
    .usage('[flags] [STEP] [-- COMMAND…]')
    .argument('[step]')
    .argument('[command...]')
    .addOption(repeatable('--secret <spec>', 'a secret of the step once more: none is kept'))
    .addOption(repeatable('--ssh <spec>', 'an agent of the step once more'))
    .action((_step: string | undefined, _command: readonly string[], flags: ShellFlags, command: Command) => {
      const before = command.args.slice(0, command.args.length - (after?.length ?? 0))
      if (before.length > 1)
        throw new FlagError('a command for a step stands after --', 'tsbuild shell [STEP] -- COMMAND')
      return run('trees', async (session) =>
        (await import('../commands/shell.ts')).shellCommand(session, before[0], after, flags),
      )
    })
  return withHelp(command, {
    notes: shellNotes,
    examples: {
      'tsbuild shell': 'a shell in the step that failed last',
      'tsbuild shell "build 2/5"': 'a shell in the files after a step of the last build',
      'tsbuild shell -- npm test': 'a command in place of a shell',
    },
  })
}

const files = () => import('../commands/step-files.ts')

function catProgram(run: Run): Command {
  const command = new Command('cat')
    .summary('print a file of a step')
    .description('Prints a file of the step that failed, or of another one (see tsbuild shell --help for STEP).')
    .usage('[STEP] PATH')
    .argument('<step-or-path>')
    .argument('[path]')
    .action((first: string, second: string | undefined) => {
      const [step, path] = second === undefined ? [undefined, first] : [first, second]
      return run('trees', async (session) => (await files()).catCommand(session, step, path))
    })
  return withHelp(command, {
    examples: {
      'tsbuild cat /src/npm-debug.log': 'of the step that failed',
      'tsbuild cat 3 /etc/passwd': 'of another step of the last build',
    },
  })
}
