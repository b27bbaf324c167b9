import { machinePlatform } from '../image/index.ts'
import type { BuildOptions } from '../options.ts'
import type { PlanRequest } from '../planner/index.ts'
import { parseAddHost } from './add-host.ts'
import { type NamedSource, plannedContext } from './inputs/index.ts'
import { platformOf } from './platform.ts'

/**
 * What the options say about what to build.
 * @param named those of `options.contexts`
 * @param arch `process.arch`
 */
export function planRequest(
  options: Omit<BuildOptions, 'context'>,
  named: ReadonlyMap<string, NamedSource>,
  arch: string,
): PlanRequest {
  const machine = machinePlatform(arch)
  return {
    buildArgs: new Map(Object.entries(options.args ?? {})),
    platform: platformOf(options.platform, machine),
    buildPlatform: machine,
    labels: new Map(Object.entries(options.labels ?? {})),
    namedContexts: new Map([...named].map(([name, source]) => [name, plannedContext(source)])),
    noCache: options.noCache ?? false,
    network: options.network ?? 'default',
    ...(options.platform === undefined && { implicitPlatform: true as const }),
    allow: new Set(options.allow ?? []),
    ...(options.unset && { unset: options.unset }),
    ...(options.target !== undefined && { target: options.target }),
    ...(options.shmSize !== undefined && { shmSize: options.shmSize }),
    ...(options.ulimits !== undefined && { ulimits: options.ulimits }),
    ...(options.cgroupParent !== undefined && { cgroupParent: options.cgroupParent }),
    ...(options.addHosts?.length && { hostNames: options.addHosts.map((host) => parseAddHost(host).name) }),
  }
}
