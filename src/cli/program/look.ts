import { Command, Option } from 'commander'
import type { ExploreFlags } from '../commands/explore.ts'
import type { BlameFlags, DiffFlags, ExtractFlags } from '../commands/look.ts'
import { FlagError } from '../flags/flag-error.ts'
import { withRegistryFlags } from './registry-flags.ts'
import { limitFlag, type Run } from './run.ts'

const commands = () => import('../commands/look.ts')
/** Where an image that is looked into may be. */
export const imageArgument =
  'name, id, docker://NAME, oci-archive:FILE, oci-layout:DIR, docker-archive:FILE, ./FILE or ./DIR'

/** The commands that look into images, wherever they are. */
export function lookPrograms(run: Run): readonly Command[] {
  return [exploreProgram(run), diffProgram(run), blameProgram(run), extractProgram(run)]
}

const exploreHelp = `
Keys: Tab the other pane, arrows or hjkl, Enter opens a layer or file, ctrl+E writes the file here, Space folds, ctrl+F or /
filters by a regular expression, ctrl+A all layers, ctrl+L this layer, ctrl+O sort by size, w wasted space, ? all keys, q quits.

Without a terminal the same facts are printed as text. CI=true or --ci holds them against rules and prints PASS, FAIL or
SKIP for each: those of .dive-ci here, or of --ci-config FILE; flags win. Exit status 1 when one fails.

BLOB is a layer as it is kept, compressed or not, FILES what the files in it have; wasted space is of files.

Examples:
  tsbuild explore app                                  on a terminal: look around
  tsbuild explore mysql:8.0                            of a registry: a layer is fetched when it is opened
  tsbuild explore ./image.tar | less                   layers and wasted files as text
  tsbuild explore --ci --lowestEfficiency 0.95 app     for a CI job
  tsbuild explore --json - app                         the same as JSON, in dive's words`

function exploreProgram(run: Run): Command {
  const command = new Command('explore')
    .summary('look into the layers and files of an image, and for wasted space')
    .description('Shows layers, files and wasted space of an image: on a terminal to look around in, else as text.')
    .argument('<image>', imageArgument)
    .option('-j, --json <file>', 'write what was found as JSON to a file, - for standard output')
    .option('--ci', 'hold the image against rules (also by the variable CI)')
    .option('--no-ci', 'do not, whatever CI says')
    .option('--ci-config <file>', 'the rules (default: .dive-ci)')
    .option('--lowestEfficiency <ratio>', 'rule: at least this part of the bytes is needed: 0.9, or off (default: 0.9)')
    .option('--highestWastedBytes <size>', 'rule: at most so many bytes in wasted files: 20MB (default: off)')
    .option(
      '--highestUserWastedPercent <ratio>',
      'rule: at most this part of the bytes above the lowest layer (default: 0.1)',
    )
  return looking(command)
    .addHelpText('after', exploreHelp)
    .action((image: string, flags: ExploreFlags) =>
      run('documents', async (session) =>
        (await import('../commands/explore.ts')).exploreCommand(session, image, flags),
      ),
    )
}

const diffHelp = `
Signs: + only in B, - only in A, ~ in both and not the same, = the same layer. A layer that both have is never fetched;
where an image may have something of such a layer at a path that the other one writes, the sign is ?.

Exit status: 0 the same, 1 different, 3 it could not be found out.

Examples:
  tsbuild diff app:1 app:2                             two images of the store
  tsbuild diff shop:1.3 ./shop.tar                     of a registry, and of a file
  tsbuild diff --format json app:1 app:2               for programs
  tsbuild diff --step                                  what the step that failed had changed`

function diffProgram(run: Run): Command {
  const command = new Command('diff')
    .summary('show what differs between two images: config, layers, files')
    .description('Shows what differs between two images, wherever they are: config, layers, files and sizes.')
    .usage('[flags] A B   |   tsbuild diff --step [STEP]')
    .argument('[A]', imageArgument)
    .argument('[B]', 'likewise')
    .option('--step [step]', 'what a step changed: the one that failed last, or another (tsbuild shell --help)')
    .addOption(formatFlag())
    .option('--times', 'also list files that differ in their time alone')
    .option('--equal-layers', 'fetch layers that both have, so that nothing is unknown')
  return looking(command)
    .addHelpText('after', diffHelp)
    .action((before: string | undefined, after: string | undefined, flags: DiffFlags & StepDiffFlags) => {
      const { step } = flags
      if (step !== undefined && before === undefined) {
        return run('trees', async (session) => {
          const { stepDiffCommand } = await import('../commands/step-files.ts')
          return stepDiffCommand(session, step === true ? undefined : step, flags)
        })
      }
      if (before === undefined || after === undefined || step !== undefined) throw wrongDiff()
      return run('documents', async (session) => (await commands()).diffCommand(session, before, after, flags))
    })
}

interface StepDiffFlags {
  readonly step?: string | true
}

function wrongDiff(): FlagError {
  return new FlagError('diff takes two images, or --step', 'tsbuild diff A B, or tsbuild diff --step 2/5')
}

const blameHelp = `
Examples:
  tsbuild blame app /etc/passwd                        which layers wrote it, newest first
  tsbuild blame --format json mysql:8.0 /usr/bin/mysqld`

function blameProgram(run: Run): Command {
  const command = new Command('blame')
    .summary('say which layer and instruction wrote or removed a file')
    .description('Says which layers wrote or removed a path of an image, newest first. All of them are read.')
    .argument('<image>', imageArgument)
    .argument('<path>', 'path in the image')
    .addOption(formatFlag())
  return looking(command)
    .addHelpText('after', blameHelp)
    .action((image: string, path: string, flags: BlameFlags) =>
      run('documents', async (session) => (await commands()).blameCommand(session, image, path, flags)),
    )
}

const extractHelp = `
What is written belongs to you, without setuid bits, devices and fifos; a tar has owners and modes as the image has them.
Links in the image never lead out of it, nor out of the directory that is written to.

Examples:
  tsbuild extract app /etc/nginx/nginx.conf            to ./nginx.conf
  tsbuild extract app /etc/nginx/nginx.conf web.conf   to another name
  tsbuild extract app /etc/os-release -o -             to standard output
  tsbuild extract mysql:8.0 /etc/mysql -o conf         what is in a directory, into conf
  tsbuild extract app /srv -o - | tar tv               a directory as a tar`

function extractProgram(run: Run): Command {
  const command = new Command('extract')
    .summary('take a file or directory out of an image')
    .description('Takes a file or directory out of an image. No layer is read below the one that has the file.')
    .argument('<image>', imageArgument)
    .argument('<path>', 'path in the image; a link there is followed')
    .argument('[dest]', 'the same as --output')
    .option('-o, --output <dest>', 'file, or directory; - for standard output (default: its name, here)')
  return looking(command)
    .addHelpText('after', extractHelp)
    .action((image: string, path: string, dest: string | undefined, flags: ExtractFlags) =>
      run('documents', async (session) => (await commands()).extractCommand(session, image, path, dest, flags)),
    )
}

function looking(command: Command): Command {
  command.option('--platform <os/arch>', 'which image of an index')
  return withRegistryFlags(command).addOption(limitFlag())
}

function formatFlag(): Option {
  return new Option('--format <format>', 'how to print it').choices(['text', 'json']).default('text')
}
