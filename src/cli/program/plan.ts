import { Command, Option } from 'commander'
import type { GraphFlags } from '../commands/graph.ts'
import type { PlanFlags } from '../commands/plan.ts'
import { addPlanningFlags } from './build.ts'
import { withHelp } from './help.ts'
import { redefine, resultsHelp } from './results.ts'
import type { Run } from './run.ts'

export const planFormats = ['text', 'tree', 'json', 'mermaid', 'dot'] as const
export const graphFormats = ['text', 'json', 'mermaid', 'dot', 'svg', 'html'] as const

const notes = `Exit status: 0 when a build would run nothing, 10 when it would run something.

${resultsHelp}`

const examples = {
  'tsbuild plan -f Dockerfile.prod .': 'which steps would run, and why',
  'tsbuild plan --format tree .': 'the same, with what each step stands on',
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
  addPlanningFlags(command)
  return withHelp(command, { notes, examples }).action((context: string, flags: PlanFlags) =>
    run('trees', async (session) => (await import('../commands/plan.ts')).planCommand(session, context, flags)),
  )
}

const graphExamples = {
  'tsbuild graph .': 'a line for each step, from the target down to the bases',
  'tsbuild graph -o graph.html .': 'a page with the picture, for a browser',
  'tsbuild graph --format svg --target test . > graph.svg': 'a picture of one stage',
}

/** `tsbuild graph`: as `plan`, for who wants to see what hangs on what. */
export function graphProgram(run: Run): Command {
  const command = new Command('graph')
    .summary('show what a build is made of: which step reads which')
    .description(
      'Plans a build and shows its graph, with what is in the cache. text is a tree: below each step what it stands on, and one deeper what it reads besides. svg and html are laid out here, mermaid and dot by others.',
    )
    .argument('[context]', 'as for a build', '.')
    .addOption(
      new Option('--format <format>', 'how to print it (default: what the ending of -o says, else text)').choices(
        graphFormats,
      ),
    )
  addPlanningFlags(command)
  redefine(command, '--output', {
    flags: '-o, --output <file>',
    description: 'write it to a file, or several: graph.svg, graph.html, graph.json, graph.mmd, graph.dot, graph.txt',
  })
  return withHelp(command, { notes: resultsHelp.replace('-o, ', ''), examples: graphExamples }).action(
    (context: string, flags: GraphFlags) =>
      run('trees', async (session) => (await import('../commands/graph.ts')).graphCommand(session, context, flags)),
  )
}
