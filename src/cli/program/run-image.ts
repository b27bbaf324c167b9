import { Command, Option } from 'commander'
import type { PsFlags } from '../commands/containers.ts'
import type { CommitFlags } from '../commands/run.ts'
import { FlagError } from '../flags/flag-error.ts'
import type { RunImageFlags } from '../flags/run-image.ts'
import { withHelp } from './help.ts'
import { withRegistryFlags } from './registry-flags.ts'
import { limitFlag, type Run, repeatable } from './run.ts'

const commands = () => import('../commands/run.ts')

const runNotes = `Without --rm what the command changed is kept for an hour, for tsbuild commit: tsbuild ps lists it, tsbuild rm removes it. The newest 32 are kept, 4 GiB at most.

Exit status: that of the command; 125 when it was not begun, 126 and 127 as a shell has them.`

/** `tsbuild run`, and what is done with what it keeps. */
export function containerPrograms(run: Run): readonly Command[] {
  return [runProgram(run), psProgram(run), commitProgram(run), rmProgram(run)]
}

function runProgram(run: Run): Command {
  const command = new Command('run')
    .summary('run a command in an image')
    .description('Runs a command in an image, in the sandbox that RUN steps have.')
    .usage('[flags] IMAGE [COMMAND…]')
    .argument('<image>', 'name or id; one that is not in the store is pulled')
    .argument('[command...]', 'in place of that of the image')
    .option('-i, --interactive', 'pass standard input on')
    .option('-t, --tty', 'give it a terminal')
    .option('--rm', 'keep nothing of what it changes')
    .addOption(repeatable('-e, --env <name=value>', 'a variable; without =, from the environment'))
    .addOption(repeatable('--env-file <path>', 'a file of such, one on each line'))
    .option('-w, --workdir <path>', 'directory it runs in')
    .option('-u, --user <user[:group]>', 'user it runs as')
    .option('--entrypoint <program>', 'in place of the entry point of the image; "" for none')
    .option('-h, --hostname <name>', 'host name in it')
    .option('--name <name>', 'name for what is kept')
    .option('--cidfile <path>', 'write the id of what is kept to a file')
    .addOption(repeatable('-v, --volume <dir:place[:ro]>', 'mount a directory or file of this machine'))
    .addOption(repeatable('--mount <spec>', 'type=bind,src=DIR,dst=/PLACE[,readonly]; type=tmpfs,dst=/PLACE'))
    .addOption(repeatable('--tmpfs <place>', 'mount an empty file system in memory'))
    .addOption(new Option('--network <mode>', 'network it has').choices(['default', 'none', 'host']))
    .addOption(repeatable('--add-host <name:ip>', 'a line of /etc/hosts'))
    .option('--platform <os/arch>', 'which image of an index (default: that for this machine)')
    .addOption(new Option('--pull <when>', 'ask the registry for the image').choices(['always', 'missing', 'never']))
    .option('--shm-size <size>', 'size of /dev/shm (default: 64m)')
    .addOption(repeatable('--ulimit <name=soft[:hard]>', 'limit of processes'))
    .option('-m, --memory <size>', 'memory it may have')
    .option('--memory-swap <size>', 'memory and swap together, -1 for no limit')
    .option('--cpus <number>', "processors' worth of time")
    .option('--pids-limit <number>', 'processes and threads, -1 for no limit')
    .addOption(repeatable('--resource <spec>', '').hideHelp())
    .addOption(repeatable('--security-opt <spec>', 'seccomp=FILE or seccomp=unconfined'))
    .addOption(new Option('--runtime <name>', 'what shuts it in').choices(['auto', 'runc', 'crun', 'native', 'chroot']))
    .addOption(
      new Option('--snapshotter <name>', 'how layers become a directory').choices(['auto', 'erofs', 'overlay', 'copy']),
    )
  for (const [flags, hint] of Object.entries(refused)) {
    command.addOption(new Option(flags).hideHelp().argParser(() => refuse(flags, hint)))
    command.on(`option:${new Option(flags).name()}`, () => refuse(flags, hint))
  }
  withRegistryFlags(command)
    .addOption(limitFlag())
    .action((image: string, words: readonly string[], flags: RunImageFlags) =>
      run('trees', async (session) => (await commands()).runCommand(session, image, words, flags)),
    )
  return withHelp(command, {
    notes: runNotes,
    examples: {
      'tsbuild run -it --rm alpine': 'a shell',
      'tsbuild run --rm -v .:/src -w /src node:22 npm test': 'in a directory of this machine',
      'tsbuild run --name box alpine apk add curl': 'then: tsbuild commit box alpine-curl',
    },
  })
}

/** Flags of docker run that cannot be had, and why. */
const refused: Readonly<Record<string, string>> = {
  '-p, --publish <port>': 'no port of this machine is given away: --network=host lets it listen here',
  '-P, --publish-all': 'no port of this machine is given away: --network=host lets it listen here',
  '-d, --detach': 'nothing runs when tsbuild has ended: put it into the background with &',
  '--privileged': 'a command has the rights that a RUN has',
  '--restart <policy>': 'nothing runs when tsbuild has ended',
}

function refuse(flags: string, hint: string): never {
  throw new FlagError(`tsbuild run has no ${flags.split(/[ ,]/)[0]}`, hint)
}

const kept = () => import('../commands/containers.ts')

function psProgram(run: Run): Command {
  const command = new Command('ps')
    .summary('list what tsbuild run left, newest first')
    .description('Lists what commands of tsbuild run left, newest first. None of them runs any more: -a lists no more.')
    .optionsGroup('What is printed:')
    .addOption(new Option('-a, --all', 'the same, for who is used to it'))
    .option('-q, --quiet', 'show only ids')
    .option('--no-trunc', 'show all of every text')
    .option('--format <format>', 'table, json, or a Go template, also after "table "')
    .action((flags: PsFlags) => run('documents', async (session) => (await kept()).psCommand(session, flags)))
  return withHelp(command, {
    notes: 'Placeholders of --format: .ID .Image .Command .CreatedAt .RunningFor .State .Status .Names',
    examples: {
      'tsbuild ps': 'what is kept, for an hour',
      "tsbuild ps --format '{{.ID}} {{.Names}}'": 'ids and names',
    },
  })
}

function rmProgram(run: Run): Command {
  const command = new Command('rm')
    .summary('remove what tsbuild run left')
    .argument('<container...>', 'ids or names: tsbuild ps lists them')
    .optionsGroup('How:')
    .addOption(new Option('-f, --force', 'no error for one that is not there'))
    .addOption(new Option('-v, --volumes').hideHelp())
    .action((names: readonly string[], flags: { readonly force?: true }) =>
      run('trees', async (session) => (await kept()).rmCommand(session, names, flags.force ?? false)),
    )
  return withHelp(command, {
    examples: { 'tsbuild rm box': 'what tsbuild run --name box left', 'tsbuild ps -q | xargs tsbuild rm': 'all of it' },
  })
}

function commitProgram(run: Run): Command {
  const command = new Command('commit')
    .summary('make an image of what tsbuild run left')
    .description(
      'Makes an image of what a command of tsbuild run changed: one layer more, and the settings it ran with.',
    )
    .argument('<container>', 'id or name: tsbuild ps lists them')
    .argument('[name]', 'name of the image: repository[:tag]')
    .option('-m, --message <text>', 'comment of its row in the history')
    .option('-a, --author <text>', 'author of the image')
    .addOption(repeatable('-c, --change <instruction>', 'a Dockerfile instruction for its config: CMD ["sh"]'))
    .action((container: string, name: string | undefined, flags: CommitFlags) =>
      run('trees', async (session) => (await commands()).commitCommand(session, container, name, flags)),
    )
  return withHelp(command, {
    examples: { [`tsbuild commit -c 'CMD ["curl"]' box alpine-curl`]: 'what tsbuild run --name box left' },
  })
}
