import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { resizeTerminalsOf } from '../../syscalls/index.ts'
import { nameBytes } from '../../tree/index.ts'
import { groupName } from './cgroups.ts'
import { signalQuietly } from './child.ts'
import { makeDeviceGroup, unifiedHierarchy } from './device-group.ts'
import { sandboxFailed, signalOf, startFailure, withholdComplaints } from './failure.ts'
import type { Host } from './host.ts'
import { type Begun, begin, type Connection, type Ended, type Launch } from './launch.ts'
import { type LaunchesAhead, launchesAhead } from './launches-ahead.ts'
import { type MountRow, tableName, writeMountTable } from './mount-table.ts'
import { stepRow } from './native-mounts.ts'
import { mountsAhead, nestArguments, nestFunctions } from './nested-mounts.ts'
import { ociConfig, type RuntimeAbilities } from './oci-config.ts'
import { complaintsOf, findProblem } from './oci-problem.ts'
import type { Sandbox, SandboxOutput, SandboxResult, SandboxSpec, StepInput } from './sandbox.ts'
import { handle, handOver, preamble } from './script.ts'
import type { StepGroup } from './step-group.ts'
import { checkUser, stepMounts } from './step-mounts.ts'
import { withinLimits } from './within-limits.ts'
import { checkDirectory } from './working-directory.ts'

/** The file with the root and the nested mounts, a line for each that `nest` takes. */
const nestedName = 'nested'

export type OciRuntimeName = 'crun' | 'runc'

/**
 * `$1` is the runtime, the rest its command line after what it says about the folder of the step: that is told by the lines
 * before `go`, up to a dot, so that a script can wait for a step that is not known yet. The runtime looks at `/proc`, which
 * has to be that of the new pid namespace.
 */
const script = `${preamble}
IFS= read -r folder <&${handle.go} || exit 125
while IFS= read -r line <&${handle.go} && [ "$line" != . ]; do
  folder="$folder
$line"
done
cd -- "$folder/mounts" || exit 125
mount --no-mtab --all --fstab ${tableName} || exit 125
${nestFunctions}
if [ -f ${nestedName} ]; then
  exec 6<${nestedName}
  IFS= read -r root <&6 || exit 125
  while IFS= read -r kind <&6; do
    { IFS= read -r place && IFS= read -r access && IFS= read -r source; } <&6 || exit 125
    nest "$kind" "$place" "$access" "$source" || exit 125
  done
  exec 6<&-
fi
cd -- "$folder/bundle" || exit 125
program=$1
shift
go
set -- "$program" --root "$folder/state" --log "$folder/runtime.log" --log-format json "$@"
${handOver}`

/** Steps run by an OCI runtime: all namespaces, the usual capabilities, and a system call filter. */
export function createOciSandbox(name: OciRuntimeName, abilities: RuntimeAbilities, host: Host): Sandbox {
  const limits = withinLimits()
  const beginFor = (network: SandboxSpec['network'], kept?: Connection, input?: StepInput) =>
    begin(host.tools, host.machine, { ...launchOf(name, network, abilities, host, kept), ...stdioOf(input) })
  const launches = launchesAhead(beginFor)
  const why = noCgroup[abilities.cgroups]
  return {
    name,
    ...(why !== undefined && { noCgroup: why }),
    resolvConf: host.network.resolvConf,
    async run(spec, output, signal) {
      checkDirectory(spec.cwd, spec.mounts)
      checkUser(spec.user, host.machine)
      signal.throwIfAborted()
      const entry = entryOf(name, abilities)
      return await limits.run(groupedSpec(spec, abilities), entry === 'by us' ? 1 : 0, async (group) => {
        writeBundle(spec, abilities, host, entry === 'by us' ? undefined : group)
        const held = withholdComplaints(output, complaintsOf(name))
        const alone = (input: StepInput) => beginFor(spec.network, undefined, input)
        const beginning = { launches, alone }
        const groups = groupsOf(spec, abilities, entry === 'by us' ? group : undefined)
        const ended = await runBundle(name, beginning, spec, groups, host, held.output, signal)
        return await resultOf(name, spec, ended, held)
      })
    },
  }
}

/**
 * Who puts a step into the group that holds its limits. crun makes no group of its own then and is small: it is in the group
 * itself, and so is all that it starts. runc is large and leaves the groups it finds itself in, so it is told.
 */
function entryOf(name: OciRuntimeName, { cgroups }: RuntimeAbilities): 'by us' | 'by runtime' {
  return name === 'crun' && cgroups !== 'by runtime' ? 'by us' : 'by runtime'
}

/** A runtime that makes groups holds the usual number of processes itself, so that no second group is needed for that. */
function groupedSpec(spec: SandboxSpec, { cgroups }: RuntimeAbilities): SandboxSpec {
  return cgroups === 'by runtime' ? { ...spec, resources: { processes: -1, ...spec.resources } } : spec
}

/** Why no control group of a step can be named. */
const noCgroup: Readonly<Record<RuntimeAbilities['cgroups'], string | undefined>> = {
  'by runtime': undefined,
  'of devices': 'crun makes none where hierarchies are hybrid: take --runtime=runc',
  none: 'control groups cannot be made here',
}

/** What the script looks for in the folder of the step. */
function writeBundle(spec: SandboxSpec, abilities: RuntimeAbilities, host: Host, group: StepGroup | undefined): void {
  const { machine, network } = host
  const folder = path.join(spec.scratch, 'bundle')
  const mounts = path.join(spec.scratch, 'mounts')
  mkdirSync(folder, { mode: 0o700 })
  // Without control groups nothing else keeps a step from a disk that it makes a node for.
  const rootOptions = abilities.cgroups !== 'none' || spec.insecure ? [] : ['nodev']
  const { rows, root, bound } = stepMounts(mounts, spec.rootfs, spec.mounts, machine, rootOptions)
  // By the name `proc`, `mount --all` would take it for mounted already. It comes last: the others may go by handles of
  // tsbuild, which only the host's own shows.
  const proc = { source: 'steps', target: '/proc', type: 'proc', options: ['nosuid', 'nodev', 'noexec'] }
  const ownNetwork = spec.network === 'none' || network.connectorFor(spec.network) !== undefined
  const isBelow = group?.unified !== undefined && abilities.cgroups === 'by runtime'
  const cgroup = isBelow ? path.posix.join(group.unified, 'step') : cgroupPath(spec)
  const enter = isBelow ? [] : (group?.folders ?? [])
  const { outer, nested, rest } = mountsAhead(bound)
  const config = ociConfig({ spec, root, mounts: rest, ownNetwork, abilities, cgroup, enter, machine })
  const outerRows = outer.map((mount) => stepRow(mount, path.join(root, mount.target)))
  writeMountTable(mounts, [...(abilities.cgroups === 'of devices' ? [unified] : []), ...rows, ...outerRows, proc])
  if (nested.length > 0) writeNested(path.join(mounts, nestedName), [root, ...nested.flatMap(nestArguments)])
  writeFileSync(path.join(folder, 'config.json'), nameBytes(JSON.stringify(config)), { mode: 0o600 })
}

function writeNested(file: string, lines: readonly string[]): void {
  if (lines.some((line) => line.includes('\n')))
    throw sandboxFailed('tsbuild', 'a mount in a mount has a newline in its path')
  writeFileSync(file, nameBytes(`${lines.join('\n')}\n`), { mode: 0o600 })
}

/** crun looks at what is mounted there, and shuns hierarchies of two versions: in the step's namespace it finds one. */
const unified: MountRow = { source: unifiedHierarchy, target: '/sys/fs/cgroup', type: 'none', options: ['bind'] }

/** Below the root of the hierarchy, or below the group that the command line names. */
function cgroupPath(spec: SandboxSpec): string {
  return path.posix.join('/', spec.limits.cgroupParent ?? '', groupName(spec.id))
}

/** The name of the container counts only in the folder of its step: it has a state folder of its own. */
function launchOf(
  name: OciRuntimeName,
  network: SandboxSpec['network'],
  abilities: RuntimeAbilities,
  { tools, network: ways }: Host,
  kept: Connection | undefined,
): Launch {
  const connect = kept ? undefined : ways.connectorFor(network)
  const without = name === 'runc' ? ['--rootless', 'true'] : ['--cgroup-manager', 'disabled']
  const options = abilities.cgroups === 'by runtime' ? [] : without
  return {
    namespaces: ['--mount', '--propagation', 'slave', '--pid', ...(connect ? ['--net'] : [])],
    script,
    args: [tools.need(name), ...options, 'run', '--no-new-keyring', '--bundle', '.', 'step'],
    cwd: '/',
    ...(connect && { connect }),
    ...(kept && { connected: kept }),
  }
}

/** What the first process is put into before the runtime starts. */
function groupsOf(spec: SandboxSpec, { cgroups }: RuntimeAbilities, limits: StepGroup | undefined) {
  const devices = cgroups === 'of devices' ? makeDeviceGroup(groupName(spec.id), spec.insecure) : undefined
  return {
    admit(init: number) {
      devices?.add(init)
      limits?.add(init)
    },
    remove: async () => devices?.remove(),
  }
}

async function runBundle(
  name: OciRuntimeName,
  { launches, alone }: { readonly launches: LaunchesAhead; readonly alone: (input: StepInput) => Begun },
  spec: SandboxSpec,
  groups: ReturnType<typeof groupsOf>,
  { network }: Host,
  output: SandboxOutput,
  signal: AbortSignal,
): Promise<Ended> {
  let forget = () => {}
  try {
    const { input } = spec
    const begun = input ? alone(input) : launches.take(spec.network, spec.ahead)
    // A step with all capabilities may have changed the namespace.
    const mayServe = network.servesAgain && !spec.insecure
    const keep = mayServe ? (connection: Connection) => launches.keep(connection, spec.ahead) : undefined
    const admit = (init: number) => {
      groups.admit(init)
      forget = resizing(name, input, init)
    }
    const work = { lines: `${spec.scratch}\n.`, owner: spec.user, admit, keep }
    return await begun.run(work, output, signal)
  } finally {
    forget()
    await groups.remove()
  }
}

/** The runtime stands between two terminals: what it complains of goes by itself. */
function stdioOf(input: StepInput | undefined): Pick<Launch, 'stdio'> {
  if (!input) return {}
  return { stdio: input.kind === 'handle' ? { stdin: input.handle } : { stdin: input.slave, stdout: input.slave } }
}

/**
 * The runtime, which the first process becomes, stands between two terminals, neither of which is its own, so it has to be
 * told. crun (1.8) tells the command, and leaves the size as it is.
 */
function resizing(name: OciRuntimeName, input: StepInput | undefined, init: number): () => void {
  if (input?.kind !== 'terminal') return () => {}
  return input.onResize((size) => {
    if (name === 'crun') resizeTerminalsOf(init, size)
    else signalQuietly(init, 'SIGWINCH')
  })
}

async function resultOf(
  name: OciRuntimeName,
  spec: SandboxSpec,
  { exitCode, started, complaints }: Ended,
  held: ReturnType<typeof withholdComplaints>,
): Promise<SandboxResult> {
  if (!started) throw startFailure(name, spec, complaints)
  const problem =
    exitCode === 0
      ? undefined
      : await findProblem(name, spec.argv[0] ?? '', path.join(spec.scratch, 'runtime.log'), held.complaint())
  if (problem !== undefined) throw startFailure(name, spec, problem)
  held.release()
  const signal = signalOf(exitCode)
  return { exitCode, ...(signal && { signal }) }
}
