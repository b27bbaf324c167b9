import { Command, Option } from 'commander'
import type { BuildCommandFlags } from '../commands/build.ts'
import { readCall } from '../flags/call.ts'
import { withHelp } from './help.ts'
import { addIgnoredFlags } from './ignored.ts'
import { withRegistryFlags } from './registry-flags.ts'
import { hideResults } from './results.ts'
import { limitFlag, progressHelp, type Run, repeatable } from './run.ts'

const examples = {
  'tsbuild -t app .': 'the Dockerfile of this directory',
  'tsbuild -f Dockerfile.prod -t app:1 --target web .': 'another file, one of its stages',
  'tsbuild -t app -o type=oci,dest=app.tar .': 'also write an OCI archive',
  'tsbuild -t ghcr.io/me/app:1 --push .': 'build and push',
  'tsbuild -o type=local,dest=out .': 'only the files, as a directory',
  'tsbuild -t app https://github.com/me/app.git#v1': 'a repository, at a tag',
  'tsbuild -t app - < context.tar.gz': 'an archive, or a Dockerfile alone',
  'tsbuild --build-arg VERSION=2 --secret id=npm,src=.npmrc -t app .':
    'a value, and a secret that stays out of the image',
  'tsbuild --check .': 'what is doubtful in the Dockerfile; nothing is built',
}

/** `tsbuild build`, which is also what `tsbuild` alone means. */
export function buildProgram(run: Run): Command {
  const command = new Command('build')
    .summary('build an image from a Dockerfile (the default command)')
    .description('Builds an image from a Dockerfile and keeps it in the store under the names given with -t.')
    .argument(
      '[context]',
      'what COPY and ADD take files from: a directory, a git repository, a URL, or - for standard input',
      '.',
    )
  addBuildFlags(command)
  addCallFlags(command)
  addIgnoredFlags(command)
  return withHelp(command, { examples }).action(async (context: string, flags: BuildCommandFlags) => {
    const call = readCall(flags.call ?? '')
    if (call) {
      const { callCommand } = await import('../commands/call.ts')
      return run('documents', (session) => callCommand(session, context, flags, call))
    }
    return run('trees', async (session) => (await import('../commands/build.ts')).buildCommand(session, context, flags))
  })
}

/** All that says what is built, and how. */
function addBuildFlags(command: Command): void {
  addInputFlags(command)
  addOutputFlags(command)
  addCacheFlags(command)
  addStepFlags(command)
}

/** The same for a command that builds nothing. */
export function addPlanningFlags(command: Command): void {
  addBuildFlags(command)
  addIgnoredFlags(command)
  hideResults(command)
}

/** `--check` is short for `--call check`; of several the last one counts. */
function addCallFlags(command: Command): void {
  command
    .optionsGroup('Looking at a Dockerfile without building it:')
    .option(
      '--call <method>',
      'check, outline, targets or subrequests.describe[,format=json|sarif][,ignorestatus=true]',
    )
    .option('--check', 'say what is doubtful in the Dockerfile: short for --call=check')
    .on('option:check', () => command.setOptionValue('call', 'check'))
}

function addInputFlags(command: Command): void {
  command
    .optionsGroup('What to build:')
    .option(
      '-f, --file <path>',
      'the Dockerfile: a path, a URL, or - (default: Dockerfile in the context, else Containerfile)',
    )
    .option('--target <stage>', 'stage to build (default: the last one)')
    .addOption(repeatable('--build-arg <name=value>', 'value of an ARG; without =, from the environment'))
    .addOption(repeatable('--build-arg-file <path>', 'a file of such, one on each line; --build-arg wins'))
    .addOption(
      repeatable(
        '--build-context <name=source>',
        'one more context: a directory, docker-image://REF, oci-layout://DIR, git or http(s) URL',
      ),
    )
    .addOption(
      repeatable('--platform <os/arch>', 'platform of the image, or several: amd64,arm64 (default: of this machine)'),
    )
    .addOption(repeatable('--secret <spec>', 'id=NAME[,src=FILE|,env=VARIABLE], for RUN --mount=type=secret'))
    .addOption(repeatable('--ssh <spec>', 'default, or ID=SOCKET, or ID=KEY[,KEY…], for RUN --mount=type=ssh and git'))
}

function addOutputFlags(command: Command): void {
  command
    .optionsGroup('What comes out:')
    .addOption(repeatable('-t, --tag <name>', 'name of the image: repository[:tag]'))
    .addOption(repeatable('--label <name=value>', 'label of the image'))
    .addOption(repeatable('--unset-env <name>', 'take a variable out of the image, whatever set it'))
    .addOption(repeatable('--unset-label <name>', 'take a label out'))
    .addOption(repeatable('--unset-volume <path>', 'take a volume out'))
    .addOption(repeatable('--unset-port <port[/proto]>', 'take an exposed port out'))
    .option('--unset-healthcheck', 'take the health check out')
    .addOption(
      repeatable(
        '--annotation <name=value>',
        'annotation of the manifest; also index:NAME=VALUE, manifest[linux/arm64]:…',
      ),
    )
    .addOption(
      repeatable(
        '-o, --output <spec>',
        'type=oci,dest=PATH[,tar=false]; type=docker,dest=FILE; type=tar|local,dest=PATH[,platform-split=false]; type=registry or type=image,push=true[,name=NAME][,push-by-digest=true][,name-canonical=true][,oci-mediatypes=false]; [,annotation.NAME=VALUE]; a directory; - for a tar on stdout',
      ),
    )
    .option('--push', 'push the image to where its names say: short for -o type=registry')
    .option('--load', 'load the image into the Docker engine of this machine, when there is one')
    .option(
      '--iidfile <path>',
      'write the image id to a file: what images, inspect and FROM know (an index has its own)',
    )
    .option(
      '--digest-file <path>',
      'write the digest of the manifest or index to a file: the one in the registry when it is pushed',
    )
    .option('--metadata-file <path>', 'write what was built as JSON to a file')
    .option('--report <path>', 'write a page about the build, also when it fails: steps over time, graph, sizes, logs')
    .option(
      '--max-size <size>',
      'fail, and name or push nothing, when its layers are larger, as images shows them: 200m, 1g',
    )
    .option('--max-growth <size>', 'the same when its files grew by more than that: 5%, 10m')
    .option(
      '--compare-to <image>',
      'what growth is counted from: in the store, else in its registry (default: what the first -t names in the store)',
    )
    .optionsGroup('What is printed:')
    .option('--progress <mode>', progressHelp)
    .option('--summary <when>', 'what the build came to, after the last step: auto, always or never (default: auto)')
    .option('-q, --quiet', 'print nothing but the image id')
    .option('--watch', 'build again whenever a file changes that the build reads')
}

function addCacheFlags(command: Command): void {
  command
    .optionsGroup('Cache and base images:')
    .option('--no-cache', 'run every step again')
    .option('--cache-max <size>', 'prune after the build to so much beside named images: 10g, 20% of the disk')
    .addOption(repeatable('--no-cache-filter <stage>', 'run the steps of these stages again'))
    .addOption(
      repeatable(
        '--cache-from <spec>',
        'ask this shared cache for steps that are not here: REF, type=registry,ref=REF, type=local,src=DIR[,tag=TAG], type=s3,bucket=NAME[,region=…][,name=…][,endpoint_url=…], type=gha[,scope=NAME]; all [,required=true][,verify=true]',
      ),
    )
    .addOption(
      repeatable(
        '--cache-to <spec>',
        'share the cache: REF, type=registry,ref=REF, type=local,dest=DIR[,tag=TAG], type=s3,…, type=gha[,scope=NAME]; all [,mode=min|max][,compression=gzip|zstd|uncompressed][,mounts=all|ID+ID][,required=true][,ignore-error=false]; type=inline. mode=min, the default, and inline keep the steps of the image alone, not those of stages it copies from; CI wants mode=max',
      ),
    )
    .addOption(
      repeatable(
        '--cache-mount <spec>',
        'id=NAME,path=DIR: a folder here, made when it is not there, for RUN --mount=type=cache,id=NAME',
      ),
    )
    .option('--no-cache-mounts', 'begin each RUN --mount=type=cache empty, and keep nothing of it')
    .addOption(
      new Option('--pull <when>', 'ask the registry for base images; --pull alone means always').choices([
        'always',
        'missing',
        'never',
      ]),
    )
  withRegistryFlags(command).addOption(limitFlag())
}

function addStepFlags(command: Command): void {
  command
    .optionsGroup('How RUN steps run:')
    .option('--jobs <number>', 'steps at once (default: two for each processor, at least 4)')
    .addOption(new Option('--network <mode>', 'network of RUN').choices(['default', 'none', 'host']))
    .addOption(repeatable('--allow <entitlement>', 'what a RUN may ask for: network.host, security.insecure'))
    .addOption(repeatable('--add-host <name:ip>', 'a line of /etc/hosts; the address host-gateway is this machine'))
    .option('--allow-secret-in-layer', 'build all the same when a layer has the value of a secret in it')
    .option('--shm-size <size>', 'size of /dev/shm (default: 64m)')
    .addOption(repeatable('--ulimit <name=soft[:hard]>', 'limit of processes'))
    .option('--cgroup-parent <path>', 'control group that those of steps are made in')
    .option(
      '-m, --memory <size>',
      'memory of a RUN: 512m, 2g; 0 for no limit (the default); an error where no control group can hold it',
    )
    .option('--memory-swap <size>', 'memory and swap together, -1 for no limit (default: twice --memory)')
    .option('--cpus <number>', "processors' worth of time for a RUN: 0.5, 2; 0 for no limit (the default)")
    .option(
      '--pids-limit <number>',
      'processes and threads of a RUN, -1 for no limit (default: 8192 where it can be held)',
    )
    .addOption(repeatable('--resource <spec>', 'the same as buildx spells it').hideHelp())
    .addOption(new Option('--cpu-period <microseconds>').hideHelp())
    .addOption(new Option('--cpu-quota <microseconds>').hideHelp())
    .addOption(
      repeatable(
        '--security-opt <spec>',
        'seccomp=FILE: a Docker or OCI profile in place of the usual one; or unconfined',
      ),
    )
    .option('--step-timeout <duration>', 'time for a RUN, which is killed then: 90s, 10m, 1h30m')
    .option('--retry <number>', 'run a RUN that failed again on clean files, so often')
    .option('--retry-delay <duration>', 'time before each try of --retry (default: none)')
    .addOption(
      new Option('--on-error <what>', 'when a RUN fails: shell opens one in it, as it was').choices(['shell', 'fail']),
    )
    .addOption(
      repeatable(
        '--on-error-output <spec>',
        'files of a RUN that fails: type=local|tar,dest=PATH[,from=PATH], or a directory for all; several are allowed',
      ),
    )
    .addOption(
      new Option('--runtime <name>', 'what shuts a step in').choices(['auto', 'runc', 'crun', 'native', 'chroot']),
    )
    .addOption(
      new Option('--snapshotter <name>', 'how layers become a directory').choices(['auto', 'erofs', 'overlay', 'copy']),
    )
}
