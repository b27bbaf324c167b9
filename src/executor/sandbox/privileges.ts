import { stepCapabilities } from './capabilities.ts'
import { carryEnvironment, leftovers } from './environment.ts'
import type { Host } from './host.ts'
import type { SandboxSpec } from './sandbox.ts'
import { usualOpenFiles } from './surroundings.ts'
import { ulimitsOf } from './ulimits.ts'

/** Limits, capabilities, groups: the part of a command line that runs before the root changes. */
export function privilegesCommand(
  { limits, insecure, user }: SandboxSpec,
  { tools, machine }: Host,
): readonly string[] {
  const openFiles = { soft: Math.min(usualOpenFiles, machine.openFiles), hard: machine.openFiles }
  const ulimits = ulimitsOf(limits, openFiles).map(({ name, soft, hard }) => `--${name}=${soft}:${hard}`)
  const capabilities = [
    '-all',
    ...stepCapabilities(insecure, machine.boundingSet).map((name) => `+${name.toLowerCase()}`),
  ]
  const rights = insecure ? insecureRights(capabilities.join(','), user) : usualRights(capabilities.join(','))
  const groups = user.groups.length === 0 ? ['--clear-groups'] : ['--groups', user.groups.join(',')]
  return [
    ...[tools.need('prlimit'), ...ulimits, '--'],
    ...[tools.need('setpriv'), ...rights, '--regid', String(user.gid)],
    ...(machine.canSetGroups ? groups : ['--keep-groups']),
    '--',
  ]
}

function usualRights(capabilities: string): readonly string[] {
  return ['--no-new-privs', '--bounding-set', capabilities, '--inh-caps', '-all']
}

/** All that tsbuild has, also for a user who is not root: then becoming that user must not take it away. */
function insecureRights(capabilities: string, user: SandboxSpec['user']): readonly string[] {
  const kept = ['--inh-caps', capabilities, '--ambient-caps', capabilities]
  return user.uid === 0 ? kept : [...kept, '--securebits', '+no_setuid_fixup']
}

/** The variables that the script does not export, and the way out of those that it has. */
export function environmentCommand({ env }: SandboxSpec, { tools }: Host): readonly string[] {
  const { assigned } = carryEnvironment(env)
  const hasPath = env.some((variable) => variable.startsWith('PATH='))
  const unset = [...leftovers, ...(hasPath ? [] : ['PATH'])].flatMap((name) => ['-u', name])
  return [tools.need('env'), ...unset, '--', ...assigned]
}
