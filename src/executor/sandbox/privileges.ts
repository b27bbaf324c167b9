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
  const capabilities = stepCapabilities(insecure, machine.boundingSet).map((name) => `+${name.toLowerCase()}`)
  const bounding = insecure ? [] : ['--no-new-privs', '--bounding-set', ['-all', ...capabilities].join(',')]
  const groups = user.groups.length === 0 ? ['--clear-groups'] : ['--groups', user.groups.join(',')]
  return [
    ...[tools.need('prlimit'), ...ulimits, '--'],
    ...[tools.need('setpriv'), ...bounding, '--inh-caps', '-all', '--regid', String(user.gid)],
    ...(machine.canSetGroups ? groups : ['--keep-groups']),
    '--',
  ]
}

/** The variables that the script does not export, and the way out of those that it has. */
export function environmentCommand({ env }: SandboxSpec, { tools }: Host): readonly string[] {
  const { assigned } = carryEnvironment(env)
  const hasPath = env.some((variable) => variable.startsWith('PATH='))
  const unset = [...leftovers, ...(hasPath ? [] : ['PATH'])].flatMap((name) => ['-u', name])
  return [tools.need('env'), ...unset, '--', ...assigned]
}
