import { Command, Option } from 'commander'
import type { ContextFlags } from '../commands/context.ts'
import { addPlanningFlags } from './build.ts'
import { withHelp } from './help.ts'
import { resultsHelp } from './results.ts'
import { type Run, repeatable } from './run.ts'

const notes = `
All of the context is listed, which a build does not do, and no file of it is read. What the Dockerfile takes is told for the
target that is asked for. Base images that no registry tells of are passed over, with a note.

${resultsHelp}`

/** `tsbuild context`: the flags of a build, and nothing is built. */
export function contextProgram(run: Run): Command {
  const command = new Command('context')
    .summary('list what is in a build context, what of it is copied, and which line of .dockerignore decides')
    .description(
      'Lists what is in a build context with its sizes, what each COPY, ADD and mount takes of it, and what is never copied.',
    )
    .argument('[context]', 'as for a build', '.')
    .optionsGroup('What to show:')
    .addOption(repeatable('--why <path>', 'the line of .dockerignore that decided on this path, and what copies it'))
    .option('--files', 'every file, with the number of the instruction that takes it')
    .addOption(new Option('--format <format>', 'how to print it').choices(['text', 'json']).default('text'))
  addPlanningFlags(command)
  return withHelp(command, {
    notes,
    examples: {
      'tsbuild context': 'what this directory has, and what of it is copied',
      'tsbuild context --why src/app.ts --why .env': 'which line of .dockerignore decides, and what copies it',
      'tsbuild context --files --target web app': 'every file, with what takes it',
      'tsbuild context --format json | jq .unused': 'for programs',
    },
  }).action((context: string, flags: ContextFlags) =>
    run('trees', async (session) => (await import('../commands/context.ts')).contextCommand(session, context, flags)),
  )
}
