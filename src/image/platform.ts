import { didYouMean, nearest, TsbuildError } from '../errors.ts'
import type { Descriptor, Platform } from './descriptor.ts'

const systems = ['linux', 'windows', 'darwin', 'freebsd', 'netbsd', 'openbsd', 'solaris', 'wasip1', 'js', 'plan9']
const architectures = 'amd64 386 arm64 arm ppc64le ppc64 s390x riscv64 loong64 mips mipsle mips64 mips64le wasm'.split(
  ' ',
)

/** A part of a platform. */
const component = /^[A-Za-z0-9_.-]+$/

/** Other spellings of an architecture, with the variant that they imply. */
const spellings: ReadonlyMap<string, readonly [architecture: string, variant?: string]> = new Map([
  ['x86_64', ['amd64']],
  ['x86-64', ['amd64']],
  ['i386', ['386']],
  ['i686', ['386']],
  ['aarch64', ['arm64']],
  ['armhf', ['arm', 'v7']],
  ['armel', ['arm', 'v6']],
])

/** Node's names (`process.arch`) that are not OCI's. */
const nodeArchitectures: ReadonlyMap<string, string> = new Map([
  ['x64', 'amd64'],
  ['ia32', '386'],
  ['ppc64', 'ppc64le'],
  ['mipsel', 'mipsle'],
])

/** The Linux platform of a machine. `arch` is `process.arch`. */
export function machinePlatform(arch: string): Platform {
  return normalizePlatform({ os: 'linux', architecture: nodeArchitectures.get(arch) ?? arch })
}

/**
 * Reads `os/arch[/variant]`, or one of the two, the other being the machine's: `linux/arm64`, `linux/arm/v7`, `arm64`.
 * @throws {TsbuildError} TSB_PLATFORM_FORMAT
 */
export function parsePlatform(text: string, machine: Platform): Platform {
  const parts = text.split('/')
  const [first = '', second, variant] = parts
  const invalid = parts.find((part) => !component.test(part))
  if (invalid !== undefined) throw componentError(invalid, text)
  if (parts.length > 3) throw formatError(text)
  if (second !== undefined) return knownPlatform(normalizePlatform({ os: first, architecture: second, variant }), text)
  const alone = normalizePlatform({ os: first, architecture: first })
  if (systems.includes(alone.os)) return { ...machine, os: alone.os }
  if (architectures.includes(alone.architecture)) return { ...alone, os: machine.os }
  throw formatError(text)
}

/** What nobody builds for is a slip of the pen. */
function knownPlatform(platform: Platform, text: string): Platform {
  if (systems.includes(platform.os) && architectures.includes(platform.architecture)) return platform
  throw formatError(text)
}

/** `linux/arm/v7`. */
export function formatPlatform(platform: Platform): string {
  return [platform.os, platform.architecture, ...(platform.variant ? [platform.variant] : [])].join('/')
}

/** One spelling for each platform: lower case, `arm64` without v8, `arm` with v7 when it does not say, `amd64` without v1. */
export function normalizePlatform(platform: Platform): Platform {
  const os = platform.os.toLowerCase()
  const [architecture, implied] = spellings.get(platform.architecture.toLowerCase()) ?? [
    platform.architecture.toLowerCase(),
  ]
  const variant = normalVariant(architecture, platform.variant?.toLowerCase() || implied)
  return {
    os: os === 'macos' ? 'darwin' : os,
    architecture,
    ...(variant && { variant }),
    ...(platform['os.version'] && { 'os.version': platform['os.version'] }),
  }
}

/** True when the two name one platform, however they are spelled. */
export function samePlatform(a: Platform, b: Platform): boolean {
  return formatPlatform(normalizePlatform(a)) === formatPlatform(normalizePlatform(b))
}

/**
 * True when programs for a platform run on a machine without an emulator, as far as their names say: a variant may still ask
 * for more than a processor has, and some arm64 processors run no arm.
 */
export function runsOn(platform: Platform, machine: Platform): boolean {
  const [wanted, here] = [normalizePlatform(platform), normalizePlatform(machine)]
  if (wanted.os !== here.os) return false
  return wanted.architecture === here.architecture || olderArchitectures.get(here.architecture) === wanted.architecture
}

/** What an architecture runs beside its own. */
const olderArchitectures: ReadonlyMap<string, string> = new Map([
  ['amd64', '386'],
  ['arm64', 'arm'],
])

/** `linux_arm_v7`: what a folder for a platform is called. */
export function platformFolder(platform: Platform): string {
  return formatPlatform(platform).replaceAll('/', '_')
}

/**
 * The manifest of an index that fits a platform best: the same variant, else the nearest older one that it can run (arm v7
 * runs v6; arm64 runs arm; amd64/v3 runs v2 and 386). An entry that names no platform fits when it is the only one.
 */
export function matchPlatform(manifests: readonly Descriptor[], wanted: Platform): Descriptor | undefined {
  const runnable = runnablePlatforms(wanted).map(formatPlatform)
  const ranked = manifests
    .map((manifest) => ({ manifest, rank: manifest.platform ? rankOf(manifest.platform, runnable) : -1 }))
    .filter(({ rank }) => rank >= 0)
    .sort((a, b) => a.rank - b.rank)
  const [only, ...others] = manifests
  return ranked[0]?.manifest ?? (others.length === 0 && !only?.platform ? only : undefined)
}

function rankOf(platform: Platform, runnable: readonly string[]): number {
  return runnable.indexOf(formatPlatform(normalizePlatform(platform)))
}

/** The platforms whose programs run on one, best first. */
function runnablePlatforms(platform: Platform): readonly Platform[] {
  const { os, architecture, variant } = normalizePlatform(platform)
  const of = (name: string, ...variants: readonly (string | undefined)[]) =>
    variants.map((v) => normalizePlatform({ os, architecture: name, variant: v }))
  const level = Number(/^v(\d)$/.exec(variant ?? '')?.[1] ?? 0)
  if (architecture === 'amd64') return [...of('amd64', ...older(level || 1, 1)), ...of('386', undefined)]
  if (architecture === 'arm' && level > 0) return of('arm', ...older(level, 5))
  if (architecture === 'arm64') return [...of('arm64', variant, ...older(level || 8, 8)), ...of('arm', ...older(8, 5))]
  return [{ os, architecture, ...(variant && { variant }) }]
}

function older(from: number, to: number): readonly string[] {
  return Array.from({ length: Math.max(0, from - to + 1) }, (_, i) => `v${from - i}`)
}

function normalVariant(architecture: string, variant: string | undefined): string | undefined {
  const named = variant && /^\d+$/.test(variant) ? `v${variant}` : variant
  if (architecture === 'arm') return named ?? 'v7'
  if (architecture === 'arm64' && (named === 'v8' || named === 'v8.0')) return undefined
  if (architecture === 'amd64' && named === 'v1') return undefined
  return named
}

/** In the words of containerd. */
function componentError(part: string, text: string): TsbuildError {
  const problem = `${shown(part)} is an invalid component of ${shown(text)}`
  return formatError(text, `${problem}: platform specifier component must match "${component.source}"`)
}

function formatError(text: string, message = `not a platform: ${shown(text)}`): TsbuildError {
  return new TsbuildError('TSB_PLATFORM_FORMAT', message, {
    hint: nearestPlatform(text) ?? 'a platform is os/architecture[/variant], such as linux/amd64 or linux/arm/v7',
  })
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 100))
}

/** The hint for a platform of which one part is misspelled. */
function nearestPlatform(text: string): string | undefined {
  const [first = '', second, ...variant] = text.slice(0, 100).split('/')
  if (second === undefined) return didYouMean(first, [...systems, ...architectures])
  const os = nearest(first, systems)
  const architecture = nearest(second, [...architectures, ...spellings.keys()])
  if (!os || !architecture || variant.length > 1) return undefined
  return `did you mean "${[os, architecture, ...variant].join('/')}"?`
}
