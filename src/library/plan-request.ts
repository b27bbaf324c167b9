import { formatPlatform, machinePlatform, type Platform } from '../image/index.ts'
import type { BuildOptions } from '../options.ts'
import type { PlanRequest } from '../planner/index.ts'
import { parseAddHost } from './add-host.ts'
import { type NamedSource, plannedContext } from './inputs/index.ts'
import { platformOf } from './platform.ts'

/**
 * What the options say about what to build: a request for each platform, in the order given.
 * @param named those of `options.contexts`
 * @param arch `process.arch`
 * @throws {TsbuildError} TSB_PLATFORM_FORMAT
 */
export function planRequests(
  ...[options, named, arch]: Parameters<typeof planRequest>
): readonly [PlanRequest, ...PlanRequest[]] {
  const platforms = platformsOf(options.platform, machinePlatform(arch))
  const isSet = platforms.length > 1 || isTrue(options.args?.['BUILDKIT_MULTI_PLATFORM'])
  const request = { ...planRequest(options, named, arch), ...(isSet && { severalPlatforms: true as const }) }
  return [request, ...platforms.slice(1).map((platform) => ({ ...request, platform }))]
}

/** Each once, however it is spelled; none when nobody asks for one. */
export function platformsOf(asked: BuildOptions['platform'], machine: Platform): readonly Platform[] {
  const texts = typeof asked === 'string' ? [asked] : (asked ?? [])
  const platforms = texts.map((text) => (text === 'local' ? machine : platformOf(text, machine)))
  return [...new Map(platforms.map((platform) => [formatPlatform(platform), platform])).values()]
}

/** As in Go's flags. */
function isTrue(text: string | undefined): boolean {
  return ['1', 't', 'true'].includes((text ?? '').toLowerCase())
}

/**
 * What the options say about what to build, for the first platform.
 * @param named those of `options.contexts`
 * @param arch `process.arch`
 */
export function planRequest(
  options: Omit<BuildOptions, 'context'>,
  named: ReadonlyMap<string, NamedSource>,
  arch: string,
): PlanRequest {
  const machine = machinePlatform(arch)
  const [platform] = platformsOf(options.platform, machine)
  return {
    buildArgs: new Map(Object.entries(options.args ?? {})),
    platform: platform ?? machine,
    buildPlatform: machine,
    labels: new Map(Object.entries(options.labels ?? {})),
    namedContexts: new Map([...named].map(([name, source]) => [name, plannedContext(source)])),
    noCache: options.noCache ?? false,
    network: options.network ?? 'default',
    ...(!platform && { implicitPlatform: true as const }),
    allow: new Set(options.allow ?? []),
    ...(options.unset && { unset: options.unset }),
    ...(options.target !== undefined && { target: options.target }),
    ...(options.shmSize !== undefined && { shmSize: options.shmSize }),
    ...(options.ulimits !== undefined && { ulimits: options.ulimits }),
    ...(options.cgroupParent !== undefined && { cgroupParent: options.cgroupParent }),
    ...(options.addHosts?.length && { hostNames: options.addHosts.map((host) => parseAddHost(host).name) }),
  }
}
