import { readdir, readlink } from 'node:fs/promises'
import path from 'node:path'
import { kill } from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { isSystemError } from '../../errors.ts'
import { putMounts } from './chroot-mounts.ts'
import { carryEnvironment, exportScript, writeEnvironment } from './environment.ts'
import { cannotMount, signalOf, startFailure, withholdComplaints } from './failure.ts'
import type { Host } from './host.ts'
import { launch } from './launch.ts'
import { environmentCommand, privilegesCommand } from './privileges.ts'
import type { Sandbox, SandboxSpec } from './sandbox.ts'
import { handOver, preamble } from './script.ts'
import type { StepGroup } from './step-group.ts'
import { checkUser } from './step-mounts.ts'
import { withinLimits } from './within-limits.ts'
import { checkDirectory } from './working-directory.ts'

/** `$1` is the file of variables; the rest is the command line. */
const script = `${preamble}
exec 6<"$1"
shift
go
${exportScript}
${handOver}`

/**
 * Steps run in a changed root and nothing more: they see and can stop the processes around them, and use the network as it
 * is. For containers that may do nothing else; says so.
 */
export function createChrootSandbox(host: Host, notice: (message: string) => void): Sandbox {
  notice('RUN STEPS ARE NOT ISOLATED: --runtime=chroot changes the root directory and nothing else')
  const limits = withinLimits()
  return {
    name: 'chroot',
    noCgroup: 'steps of --runtime=chroot have no control group',
    resolvConf: host.network.resolvConf,
    async run(spec, output, signal) {
      checkDirectory(spec.cwd, spec.mounts)
      checkUser(spec.user, host.machine)
      if (spec.rootfs.kind !== 'directory') throw cannotMount('overlayfs')
      const root = spec.rootfs.path
      const takeBack = await putMounts(root, spec.mounts, path.join(spec.scratch, 'covered'), host.tools)
      try {
        return await limits.run(spec, 0, (group) => runChrooted(root, spec, host, group, output, signal))
      } finally {
        await endProcessesIn(root)
        await takeBack()
      }
    },
  }
}

async function runChrooted(
  root: string,
  spec: SandboxSpec,
  host: Host,
  group: StepGroup | undefined,
  output: Parameters<Sandbox['run']>[1],
  signal: AbortSignal,
) {
  const environment = path.join(spec.scratch, 'environment')
  await writeEnvironment(environment, carryEnvironment(spec.env))
  const held = withholdComplaints(output, ['chroot: ', `${host.tools.need('chroot')}: `])
  const ended = await launch(
    host.tools,
    host.machine,
    {
      namespaces: [],
      script,
      args: [environment, ...commandLine(spec, host)],
      cwd: root,
      owner: spec.user,
      admit: group?.add,
      sweep: () => endProcessesIn(root),
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

/** Numbers with a plus sign are not looked up in files of the image. */
function commandLine(spec: SandboxSpec, host: Host): readonly string[] {
  const { uid, gid, groups } = spec.user
  const ids = [`--userspec=+${uid}:+${gid}`, `--groups=${groups.map((group) => `+${group}`).join(',')}`]
  const { wrapper } = carryEnvironment(spec.env)
  const enter = spec.cwd === '/' ? [] : ['/bin/sh', '-c', 'cd -- "$1" && shift && exec "$@"', 'sh', spec.cwd]
  return [
    ...privilegesCommand(spec, host),
    ...environmentCommand(spec, host),
    ...[host.tools.need('chroot'), ...ids, '.'],
    ...[...enter, ...wrapper, ...spec.argv],
  ]
}

/** Without a pid namespace, what a step left behind is known by its root directory. */
async function endProcessesIn(root: string): Promise<void> {
  for (let again = true; again; ) {
    again = false
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      if ((await rootOf(pid)) !== root || !tryKill(Number(pid))) continue
      again = true
    }
    if (again) await sleep(10)
  }
}

async function rootOf(pid: string): Promise<string | undefined> {
  try {
    return await readlink(`/proc/${pid}/root`)
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'EACCES', 'EPERM', 'ESRCH')) return undefined
    throw error
  }
}

function tryKill(pid: number): boolean {
  try {
    return kill(pid, 'SIGKILL')
  } catch (error) {
    if (isSystemError(error, 'ESRCH')) return false
    throw error
  }
}
