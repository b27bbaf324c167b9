import { Command, Option } from 'commander'
import type { PlanFlags } from '../commands/plan.ts'
import { addBuildFlags } from './build.ts'
import { withHelp } from './help.ts'
import { addIgnoredFlags } from './ignored.ts'
import type { Run } from './run.ts'

export const planFormats = ['text', 'json', 'mermaid', 'dot'] as const

const notes = 'Exit status: 0 when a build would run nothing, 10 when it would run something.'

const examples = {
  'tsbuild plan -f Dockerfile.prod .': 'which steps would run, and why',
  'tsbuild plan --format mermaid . > plan.mmd': 'the graph, for a page',
}

/** `tsbuild plan`: the flags of a build, and nothing is built. */
export function planProgram(run: Run): Command {
  const command = new Command('plan')
    .summary('say what a build would do, and why, without running anything')
    .description(
      'Looks every step up in the cache: = is in it, + is not, ? depends on what an earlier step gives. Asks registries for manifests and configs of base images, and fetches nothing else.',
    )
    .argument('[context]', 'as for a build', '.')
    .optionsGroup('What is printed:')
    .addOption(new Option('--format <format>', 'how to print it').choices(planFormats).default('text'))
  addBuildFlags(command)
  addIgnoredFlags(command)
  return withHelp(command, { notes, examples }).action((context: string, flags: PlanFlags) =>
    run('trees', async (session) => (await import('../commands/plan.ts')).planCommand(session, context, flags)),
  )
}
