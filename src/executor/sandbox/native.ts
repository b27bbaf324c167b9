import { realpathSync } from 'node:fs'
import path from 'node:path'
import { carryEnvironment, exportScript, isAssigned, writeEnvironment } from './environment.ts'
import { signalOf, startFailure, withholdComplaints } from './failure.ts'
import type { Host } from './host.ts'
import { presentDevices } from './insecure-devices.ts'
import { launch } from './launch.ts'
import { type MountRow, tableName, writeMountTable } from './mount-table.ts'
import { nativeRows, stepRow, writeDeviceFolder } from './native-mounts.ts'
import { checkNested, isNested, nestArguments, nestFunctions } from './nested-mounts.ts'
import { environmentCommand, privilegesCommand } from './privileges.ts'
import type { Sandbox, SandboxSpec } from './sandbox.ts'
import { handOver, preamble } from './script.ts'
import { stdioOf, terminalCommand } from './step-input.ts'
import { checkUser, stepMounts } from './step-mounts.ts'
import { withinLimits } from './within-limits.ts'
import { checkDirectory } from './working-directory.ts'

/**
 * `$1` is the file of variables, `$2` the host name, `$3` says whether loopback is to be brought up; then come the root, how
 * many mounts are nested, what `nest` takes of each, and the command line. The root is moved over `/`, as at the end of an
 * initial ramdisk: nothing lies beneath it for a process that leaves its chroot.
 */
const script = `${preamble}
mount --no-mtab --all --fstab ${tableName} || exit 125
{ echo "$2" >/proc/sys/kernel/hostname; } 2>/dev/null || hostname "$2" 2>/dev/null
[ "$3" = no ] || ip link set lo up 2>/dev/null
exec 6<"$1"
root=$4 nested=$5
shift 5
${nestFunctions}
while [ "$nested" -gt 0 ]; do
  nest "$1" "$2" "$3" "$4" || exit 125
  shift 4
  nested=$((nested - 1))
done
cd "$root" || exit 125
mount --no-mtab --move . / || exit 125
unset root nested place rest target
go
${exportScript}
${handOver}`

/** Steps run by util-linux and coreutils: all namespaces and the usual capabilities, but no system call filter. */
export function createNativeSandbox(host: Host): Sandbox {
  const { tools, machine, network } = host
  const limits = withinLimits()
  return {
    name: 'native',
    noCgroup: 'steps that are run by util-linux have no control groups but those that hold limits: install runc',
    shows: isAssigned,
    resolvConf: network.resolvConf,
    run: (spec, output, signal) =>
      limits.run(spec, 0, async (group) => {
        checkDirectory(spec.cwd, spec.mounts)
        checkUser(spec.user, machine)
        const setup = await writeSetup(spec, host)
        const connect = network.connectorFor(spec.network)
        const held = withholdComplaints(output, ['unshare: ', ...(spec.limits.ulimits ? ['prlimit: '] : [])])
        const { exitCode, started, complaints } = await launch(
          tools,
          machine,
          {
            namespaces: namespacesOf(spec, connect !== undefined),
            script,
            args: [...setup.args, ...commandLine(spec, host)],
            cwd: setup.folder,
            owner: spec.user,
            ...stdioOf(spec.input),
            admit: group?.add,
            ...(connect && { connect }),
          },
          held.output,
          signal,
        )
        if (!started) throw startFailure('native', spec, complaints)
        if (exitCode !== 0 && /^unshare: (failed to execute|cannot)|^prlimit: failed to set/.test(held.complaint())) {
          throw startFailure('native', spec, held.complaint())
        }
        held.release()
        const killed = signalOf(exitCode)
        return { exitCode, ...(killed && { signal: killed }) }
      }),
  }
}

function namespacesOf(spec: SandboxSpec, ownNetwork: boolean): readonly string[] {
  const network = ownNetwork || spec.network === 'none' ? ['--net'] : []
  return ['--mount', '--propagation', 'slave', '--pid', '--ipc', '--uts', '--cgroup', ...network]
}

async function writeSetup(spec: SandboxSpec, host: Host) {
  const folder = path.join(spec.scratch, 'mounts')
  const devices = path.join(spec.scratch, 'dev')
  const environment = path.join(spec.scratch, 'environment')
  const rootOptions = spec.insecure ? [] : ['nodev']
  const { rows, root, bound } = stepMounts(folder, spec.rootfs, spec.mounts, host.machine, rootOptions)
  await writeDeviceFolder(devices, bound, presentDevices(spec, host.machine))
  // Only a mount can be moved over the root.
  const self = { source: root, target: root, type: 'none', options: ['bind', ...rootOptions] }
  const rootRows = spec.rootfs.kind === 'directory' ? [self, ...rows] : rows
  const nested = bound.filter((mount) => isNested(mount, bound))
  for (const mount of nested) checkNested(mount, bound)
  const outer = bound
    .filter((mount) => !nested.includes(mount))
    .map((mount) => stepRow(mount, path.join(root, mount.target)))
  writeMountTable(folder, [...rootRows, ...nativeRows(spec, root, devices, host), ...outer, sealed(host)])
  await writeEnvironment(environment, carryEnvironment(spec.env))
  const loopback = spec.network === 'none' && host.tools.find('ip') ? 'up' : 'no'
  const args = [environment, spec.hostname, loopback, root, String(nested.length), ...nested.flatMap(nestArguments)]
  return { folder, args }
}

/** The command is begun by `unshare`, so `/proc/self/exe` may be that program of the host: it cannot be written to. */
function sealed({ tools }: Host): MountRow {
  const program = realpathSync(tools.need('unshare'))
  return { source: program, target: program, type: 'none', options: ['bind', 'nosuid', 'nodev', 'ro'] }
}

/** `unshare` with no namespaces is used for what else it does: the root, the directory and the user, in this order. */
function commandLine(spec: SandboxSpec, host: Host): readonly string[] {
  const enter = ['--root=.', `--wd=${spec.cwd}`, `--setuid=${spec.user.uid}`, '--']
  const { wrapper } = carryEnvironment(spec.env)
  return [
    ...terminalCommand(spec.input, host.tools),
    ...privilegesCommand(spec, host),
    ...environmentCommand(spec, host),
    ...[host.tools.need('unshare'), ...enter],
    ...wrapper,
    ...spec.argv,
  ]
}
