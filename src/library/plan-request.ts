import { TsbuildError } from '../errors.ts'
import { machinePlatform, parsePlatform } from '../image/index.ts'
import type { BuildOptions } from '../options.ts'
import type { NamedContext, PlanRequest } from '../planner/index.ts'

/** What the options say about what to build. `arch` is `process.arch`. */
export function planRequest(options: BuildOptions, arch: string): PlanRequest {
  const machine = machinePlatform(arch)
  return {
    buildArgs: new Map(Object.entries(options.args ?? {})),
    platform: options.platform === undefined ? machine : parsePlatform(options.platform, machine),
    buildPlatform: machine,
    labels: new Map(Object.entries(options.labels ?? {})),
    namedContexts: new Map(Object.entries(options.contexts ?? {}).map(([name, text]) => [name, namedContext(text)])),
    noCache: options.noCache ?? false,
    network: options.network ?? 'default',
    ...(options.platform === undefined && { implicitPlatform: true as const }),
    allow: new Set(options.allow ?? []),
    ...(options.target !== undefined && { target: options.target }),
    ...(options.shmSize !== undefined && { shmSize: options.shmSize }),
    ...(options.ulimits !== undefined && { ulimits: options.ulimits }),
    ...(options.addHosts?.length && { hostNames: options.addHosts.map((host) => parseAddHost(host).name) }),
  }
}

const imagePrefix = 'docker-image://'

/** @throws {TsbuildError} TSB_BUILD_CONTEXT for a kind of context that is not known */
function namedContext(text: string): NamedContext {
  if (text.startsWith(imagePrefix)) return { kind: 'image', reference: text.slice(imagePrefix.length) }
  if (text.startsWith('oci-layout://')) return { kind: 'image', reference: text }
  if (!/^[a-z][a-z0-9+-]*:\/\//.test(text)) return { kind: 'local' }
  throw new TsbuildError('TSB_BUILD_CONTEXT', `unsupported build context ${text}`, {
    hint: 'a named context is a directory, docker-image://NAME or oci-layout://DIR',
  })
}

/**
 * `name:ip` or `name=ip`, as `--add-host` has it.
 * @throws {TsbuildError} TSB_HOST_FORMAT
 */
export function parseAddHost(text: string): { readonly name: string; readonly address: string } {
  const [, name, address] = /^([A-Za-z0-9._-]+)[:=]\[?([0-9A-Fa-f.:]+|host-gateway)\]?$/.exec(text) ?? []
  if (name !== undefined && address !== undefined)
    return { name, address: address === 'host-gateway' ? '127.0.0.1' : address }
  throw new TsbuildError('TSB_HOST_FORMAT', `not a host and its address: ${JSON.stringify(text)}`, {
    hint: 'write it name:ip, such as db:10.0.0.5',
  })
}
