import { randomUUID } from 'node:crypto'
import { realpathSync } from 'node:fs'
import { mkdir, symlink } from 'node:fs/promises'
import path from 'node:path'
import { TsbuildError } from '../../errors.ts'
import { putMounts } from './chroot-mounts.ts'
import { guardFunctions, type StepProcesses, stepProcesses } from './chroot-processes.ts'
import { carryEnvironment, exportScript, isAssigned, writeEnvironment } from './environment.ts'
import { cannotMount, signalOf, startFailure, withholdComplaints } from './failure.ts'
import type { Host } from './host.ts'
import { launch } from './launch.ts'
import { environmentCommand, privilegesCommand } from './privileges.ts'
import type { Sandbox, SandboxSpec } from './sandbox.ts'
import { handOver, preamble } from './script.ts'
import type { StepGroup } from './step-group.ts'
import { stdioOf, terminalCommand } from './step-input.ts'
import { checkUser } from './step-mounts.ts'
import { withinLimits } from './within-limits.ts'
import { checkDirectory } from './working-directory.ts'

/** `$1` is the file of variables, `$2` what marks the processes of the step, `$3` is `prlimit`; the rest is the command line. */
const script = `${preamble}
${guardFunctions}
exec 6<"$1"
mark=$2
mark "$3"
shift 3
go
guard
${exportScript}
${handOver}`

/**
 * Steps run in a changed root and nothing more: they see and can stop the processes around them, and use the network as it
 * is. For containers that may do nothing else; says so.
 */
export function createChrootSandbox(host: Host, notice: (message: string, serious: true) => void): Sandbox {
  const forced = host.machine.mayOnlyChroot ? 'root has no CAP_SYS_ADMIN here, so nothing can be mounted, and ' : ''
  const message = `RUN STEPS ARE NOT ISOLATED: ${forced}--runtime=chroot changes the root directory and nothing else. ${risks}`
  notice(message, true)
  const limits = withinLimits()
  return {
    name: 'chroot',
    shows: isAssigned,
    noCgroup: 'steps of --runtime=chroot have no control group',
    resolvConf: host.network.resolvConf,
    async run(spec, output, signal) {
      checkDirectory(spec.cwd, spec.mounts)
      checkUser(spec.user, host.machine)
      if (spec.rootfs.kind !== 'directory') throw cannotMount('overlayfs')
      if (spec.network === 'none') throw networkStays()
      const root = realpathSync(spec.rootfs.path)
      const processes = stepProcesses(root)
      const takeBack = await putMounts(root, spec.mounts, path.join(spec.scratch, 'covered'), host.tools)
      try {
        return await limits.run(spec, 0, (group) => runChrooted(root, spec, processes, host, group, output, signal))
      } finally {
        await processes.end()
        await takeBack()
      }
    },
  }
}

const risks =
  'A step that is root can leave that directory; any step can reach the network and the processes of this machine or container. /proc, a system call filter and limits are missing: build only what you trust'

function networkStays(): TsbuildError {
  return new TsbuildError('TSB_SANDBOX_NETWORK', '--runtime=chroot cannot take the network away from a step', {
    hint: 'leave out --network=none, if the step may have the network of this machine',
  })
}

async function runChrooted(
  root: string,
  spec: SandboxSpec,
  processes: StepProcesses,
  host: Host,
  group: StepGroup | undefined,
  output: Parameters<Sandbox['run']>[1],
  signal: AbortSignal,
) {
  const environment = path.join(spec.scratch, 'environment')
  await writeEnvironment(environment, carryEnvironment(spec.env))
  const enter = await secretlyNamed(host.tools.need('chroot'), spec.scratch)
  const held = withholdComplaints(output, [`${enter}: `])
  const ended = await launch(
    host.tools,
    host.machine,
    {
      namespaces: [],
      script,
      args: [environment, processes.mark, host.tools.need('prlimit'), ...commandLine(spec, host, enter)],
      cwd: root,
      owner: spec.user,
      ...stdioOf(spec.input),
      admit: group?.add,
      sweep: processes.end,
    },
    held.output,
    signal,
  )
  if (!ended.started) throw startFailure('chroot', spec, ended.complaints)
  if (ended.exitCode >= 125 && held.complaint() !== '') throw startFailure('chroot', spec, held.complaint())
  held.release()
  const by = signalOf(ended.exitCode)
  return { exitCode: ended.exitCode, ...(by && { signal: by }) }
}

/** A program by a name that the step cannot know: what begins with it was not said by the step. */
async function secretlyNamed(program: string, scratch: string): Promise<string> {
  const folder = path.join(scratch, randomUUID())
  await mkdir(folder, { mode: 0o711 })
  const link = path.join(folder, path.basename(program))
  await symlink(program, link)
  return link
}

/** Numbers with a plus sign are not looked up in files of the image. */
function commandLine(spec: SandboxSpec, host: Host, chroot: string): readonly string[] {
  const { uid, gid, groups } = spec.user
  const ids = [`--userspec=+${uid}:+${gid}`, `--groups=${groups.map((group) => `+${group}`).join(',')}`]
  const { wrapper } = carryEnvironment(spec.env)
  const change = spec.cwd === '/' ? [] : ['/bin/sh', '-c', 'cd -- "$1" && shift && exec "$@"', 'sh', spec.cwd]
  return [
    ...terminalCommand(spec.input, host.tools),
    ...privilegesCommand(spec, host),
    ...environmentCommand(spec, host),
    ...[chroot, ...ids, '.'],
    ...[...change, ...wrapper, ...spec.argv],
  ]
}
