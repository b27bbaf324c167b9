import { Command, Option } from 'commander'
import type { CreateFlags, LoginFlags, ShowFlags, TransferFlags } from '../commands/registry.ts'
import type { StepFilesFlags } from '../commands/step-files.ts'
import { FlagError } from '../flags/flag-error.ts'
import { withHelp } from './help.ts'
import { withRegistryFlags } from './registry-flags.ts'
import { limitFlag, progressHelp, type Run, repeatable } from './run.ts'

const commands = () => import('../commands/registry.ts')

const copyHelp = `
Places: a name of a registry (also docker://NAME), oci-layout://DIR[:TAG] (oci:DIR), oci-archive:FILE[:TAG]. An index is
copied with all its images, and digests stay.`

const loginHelp = `
Logins are kept where docker keeps them: the helper that credHelpers or credsStore of config.json names, else that file
itself (mode 0600): $REGISTRY_AUTH_FILE, else $DOCKER_CONFIG/config.json, else ~/.docker/config.json. Those of podman's
auth.json are read too.`

const indexHelp = `
Images are named by reference, or by digest alone in the repository of the first -t; those of an index become parts of the
new one. Images of other repositories are copied.

Two machines build with -o type=registry,name=ghcr.io/me/app,push-by-digest=true --digest-file, then one makes the index.`

/** The commands that speak with registries. */
export function registryPrograms(run: Run): readonly Command[] {
  return [
    withHelp(
      transferFlags(new Command('push'), 'name@digest')
        .summary('push an image of the store to a registry')
        .argument('<image>', 'name or id')
        .argument('[destination...]', 'where to push it (default: its name)')
        .optionsGroup('What is sent:')
        .addOption(
          new Option('--format <form>', 'media types of the manifest (default: oci)').choices(['oci', 'docker']),
        )
        .action((name: string, destinations: readonly string[], flags: TransferFlags) =>
          run('trees', async (session) => (await commands()).pushCommand(session, name, destinations, flags)),
        ),
      {
        examples: {
          'tsbuild push ghcr.io/me/app:1': 'under its name',
          'tsbuild push app ghcr.io/me/app:1 ghcr.io/me/app:latest': 'under other names',
        },
      },
    ),
    withHelp(
      transferFlags(new Command('pull'), 'the name')
        .summary('fetch an image with its layers from a registry into the store')
        .argument('<name>', 'name of the image, with a tag or a digest')
        .optionsGroup('Which image:')
        .option('--platform <os/arch>', 'which of an index (default: of this machine)')
        .action((name: string, flags: TransferFlags) =>
          run('trees', async (session) => (await commands()).pullCommand(session, name, flags)),
        ),
      {
        examples: {
          'tsbuild pull alpine:3': 'the image for this machine',
          'tsbuild pull --platform linux/arm64 alpine:3': 'for another one',
        },
      },
    ),
    withHelp(
      transferFlags(new Command('copy'), 'the digest')
        .summary('copy an image, or an index with all its images, between registries, layouts and archives')
        .argument('<source>', 'where it is')
        .argument('<destination>', 'where it goes')
        .optionsGroup('What is sent:')
        .option('--referrers', 'also what refers to it: signatures and other artifacts')
        .action((from: string, to: string, flags: TransferFlags) =>
          run('trees', async (session) => (await commands()).copyCommand(session, from, to, flags)),
        ),
      {
        notes: copyHelp,
        examples: {
          'tsbuild copy alpine:3 ghcr.io/me/alpine:3': 'from registry to registry',
          'tsbuild copy ghcr.io/me/app:1 oci-archive:app.tar': 'into a file',
        },
      },
    ),
    withHelp(
      withRegistryFlags(new Command('digest'))
        .summary('print the digest that a name of a registry stands for')
        .argument('<name>', 'name of the image')
        .optionsGroup('Which image:')
        .option('--platform <os/arch>', 'of one image of an index')
        .action((name: string, flags: ShowFlags) =>
          run('documents', async (session) => (await commands()).digestCommand(session, name, flags)),
        ),
      {
        examples: {
          'tsbuild digest alpine:3': 'of the index',
          'tsbuild digest --platform linux/arm64 alpine:3': 'of one image',
        },
      },
    ),
    withHelp(
      withRegistryFlags(new Command('referrers'))
        .summary('list what refers to an image of a registry: signatures and other artifacts')
        .argument('<name>', 'name of the image, or of an index')
        .optionsGroup('Which image:')
        .option('--artifact-type <type>', 'of this type alone')
        .option('--platform <os/arch>', 'of one image of an index')
        .action((name: string, flags: ShowFlags) =>
          run('documents', async (session) => (await commands()).referrersCommand(session, name, flags)),
        ),
      { examples: { 'tsbuild referrers ghcr.io/me/app:1': 'signatures and other artifacts' } },
    ),
    lsProgram(run),
    withHelp(
      withRegistryFlags(new Command('login'))
        .summary('keep a user and a password for a registry, which is asked whether it takes them')
        .argument('[registry]', 'its host', 'docker.io')
        .optionsGroup('Who logs in:')
        .option('-u, --username <name>', 'user')
        .option('-p, --password <password>', 'password; others see it: use --password-stdin')
        .option('--password-stdin', 'read the password from standard input')
        .allowExcessArguments()
        .action((host: string, flags: LoginFlags, { args }: Command) => {
          if (args.length > 1) throw tooMuchOfALogin()
          return run('documents', async (session) => (await commands()).loginCommand(session, host, flags))
        }),
      {
        notes: loginHelp,
        examples: {
          'tsbuild login ghcr.io': 'asks for user and password',
          'tsbuild login -u me --password-stdin ghcr.io < token': 'for scripts',
        },
      },
    ),
    withHelp(
      new Command('logout')
        .summary('forget the login for a registry')
        .argument('[registry]', 'its host', 'docker.io')
        .action((host: string) => run('documents', async (session) => (await commands()).logoutCommand(session, host))),
      { examples: { 'tsbuild logout ghcr.io': '' } },
    ),
    indexProgram(run),
  ]
}

/** A number, a place such as `2/5`, and what has a blank, are steps: no repository is called so. */
function isRepository(word: string): boolean {
  return !word.startsWith('/') && !/^#?\d{1,5}$|^\d{1,5}\/\d{1,5}$|\s/.test(word)
}

/** One word for two lists that people know by it. */
function lsProgram(run: Run): Command {
  const command = withRegistryFlags(new Command('ls'))
    .summary('list the tags of a repository, or files of a step')
    .description(
      'Lists the tags of a repository; or the files of the step that failed: tsbuild ls, tsbuild ls /src; or those of another step: tsbuild ls STEP, tsbuild ls STEP /src (see tsbuild shell --help for STEP).',
    )
    .usage('[flags] REPOSITORY   |   tsbuild ls [STEP] [PATH]')
    .argument('[repository]', 'name without a tag; or a step, or a path, which begins with /')
    .argument('[path]')
    .optionsGroup('What is printed:')
    .addOption(new Option('--format <format>', 'of files: how they are printed').choices(['text', 'json']))
    .action((first: string | undefined, second: string | undefined, flags: ShowFlags & StepFilesFlags) => {
      if (first !== undefined && second === undefined && isRepository(first)) {
        return run('documents', async (session) => (await commands()).lsCommand(session, first, flags))
      }
      const [step, path] = second === undefined && first?.startsWith('/') ? [undefined, first] : [first, second]
      return run('trees', async (session) =>
        (await import('../commands/step-files.ts')).lsCommand(session, step, path ?? '/', flags),
      )
    })
  return withHelp(command, {
    examples: {
      'tsbuild ls ghcr.io/me/app': 'its tags, one a line',
      'tsbuild ls': 'files of the step that failed',
      'tsbuild ls /src': 'of a directory of it',
      'tsbuild ls 3 /src': 'files of another step of the last build',
    },
  })
}

function indexProgram(run: Run): Command {
  const create = withHelp(
    withRegistryFlags(new Command('create'))
      .summary('join images of a registry to one index and push it')
      .argument('<image...>', 'references, or digests alone')
      .optionsGroup('What comes out:')
      .addOption(repeatable('-t, --tag <name>', 'name of the index'))
      .addOption(repeatable('--annotation <name=value>', 'annotation of the index'))
      .option('--dry-run', 'print the index and push nothing')
      .optionsGroup('What is printed:')
      .option('-q, --quiet', 'print nothing but the name and digest')
      .option('--progress <mode>', progressHelp)
      .action((sources: readonly string[], flags: CreateFlags) =>
        run('documents', async (session) => (await commands()).createCommand(session, sources, flags)),
      ),
    {
      notes: indexHelp,
      examples: { 'tsbuild index create -t ghcr.io/me/app:1 $(cat amd64.digest) $(cat arm64.digest)': '' },
    },
  )
  const inspect = withHelp(
    withRegistryFlags(new Command('inspect'))
      .summary('show the manifest or index that a name of a registry stands for')
      .argument('<name>', 'name of the image')
      .optionsGroup('What is printed:')
      .option('--raw', 'print the document as it is')
      .action((name: string, flags: ShowFlags) =>
        run('documents', async (session) => (await commands()).inspectIndexCommand(session, name, flags)),
      ),
    {
      examples: {
        'tsbuild index inspect alpine:3': 'its images, one a line',
        'tsbuild index inspect --raw alpine:3 | jq .': 'the document',
      },
    },
  )
  return new Command('index')
    .summary('make and show indexes of images for several platforms')
    .addCommand(create)
    .addCommand(inspect)
}

/** @param printed with `--quiet` */
function transferFlags(command: Command, printed: string): Command {
  return withRegistryFlags(
    command
      .optionsGroup('What is printed:')
      .option('-q, --quiet', `print nothing but ${printed}`)
      .option('--progress <mode>', progressHelp),
  ).addOption(limitFlag())
}

/** A password that was given as one of the arguments is not shown. */
function tooMuchOfALogin(): FlagError {
  return new FlagError(
    'login takes one argument, the host of a registry',
    'give the user by -u, and the password by --password-stdin',
  )
}
