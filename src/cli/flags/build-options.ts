import type { Annotation, BuildOptions, OutputOptions } from '../../index.ts'
import { readAllow } from './allow.ts'
import { readAnnotation } from './annotation.ts'
import { readArgFile } from './arg-file.ts'
import { readCacheFrom, readCacheMount, readCacheTo } from './cache.ts'
import { readErrorOutput } from './error-output.ts'
import { FlagError } from './flag-error.ts'
import { readLimits } from './limit.ts'
import { readBytes, readDuration, readHost, readNumber, readSpace, readUlimit } from './limits.ts'
import { type OutputRequest, readOutput } from './output.ts'
import { readMapping, readPairs } from './pairs.ts'
import { type RegistryFlags, registryAccess } from './registry-access.ts'
import { type ResourceFlags, readResources } from './resources.ts'
import { readSecrets } from './secret.ts'
import { readSecurityOptions } from './security-opt.ts'
import { readSsh } from './ssh.ts'

type Env = Readonly<Record<string, string | undefined>>

/** The flags of `tsbuild build` as they are typed. */
export interface BuildFlags extends ResourceFlags, RegistryFlags {
  readonly file?: string
  readonly tag: readonly string[]
  readonly target?: string
  readonly buildArg: readonly string[]
  readonly buildArgFile: readonly string[]
  readonly label: readonly string[]
  readonly unsetEnv: readonly string[]
  readonly unsetLabel: readonly string[]
  readonly unsetVolume: readonly string[]
  readonly unsetPort: readonly string[]
  readonly unsetHealthcheck?: true
  readonly platform: readonly string[]
  readonly buildContext: readonly string[]
  /** false: `--no-cache` */
  readonly cache: boolean
  readonly cacheFilter: readonly string[]
  readonly cacheFrom: readonly string[]
  readonly cacheTo: readonly string[]
  readonly cacheMount: readonly string[]
  /** false: `--no-cache-mounts` */
  readonly cacheMounts: boolean
  readonly pull?: 'always' | 'missing' | 'never'
  readonly secret: readonly string[]
  readonly allowSecretInLayer?: true
  readonly ssh: readonly string[]
  readonly network?: 'default' | 'none' | 'host'
  readonly allow: readonly string[]
  readonly addHost: readonly string[]
  readonly shmSize?: string
  readonly ulimit: readonly string[]
  readonly cgroupParent?: string
  readonly annotation: readonly string[]
  readonly output: readonly string[]
  readonly push?: true
  readonly load?: true
  readonly securityOpt: readonly string[]
  readonly stepTimeout?: string
  readonly retry?: string
  readonly retryDelay?: string
  readonly onErrorOutput: readonly string[]
  readonly jobs?: string
  readonly snapshotter?: 'auto' | 'erofs' | 'overlay' | 'copy'
  readonly runtime?: 'auto' | 'runc' | 'crun' | 'native' | 'chroot'
  readonly cacheMax?: string
  readonly maxSize?: string
  readonly maxGrowth?: string
  readonly compareTo?: string
  readonly limit: readonly string[]
}

/**
 * What the library is asked for.
 * @throws {FlagError} for a value that cannot be
 */
export function buildOptions(context: string, flags: BuildFlags, env: Env): BuildOptions {
  const requests = outputRequests(flags)
  const annotations = flags.annotation.flatMap(readAnnotation)
  const outputs = requests.flatMap((request) =>
    request.type === 'image' ? [] : [withAnnotations(request, annotations)],
  )
  if (outputs.filter((output) => 'dest' in output && output.dest === '-').length > 1) {
    throw new FlagError('only one output can go to standard output', 'give the others a dest=FILE')
  }
  const images = requests.filter((request) => request.type === 'image')
  const args = buildArgs([...flags.buildArgFile.flatMap(readArgFile), ...flags.buildArg], env)
  return given<BuildOptions>({
    context,
    file: flags.file,
    target: flags.target,
    tags: [...flags.tag, ...images.flatMap(({ names }) => names), ...requests.flatMap(tagsOf)],
    args,
    labels: readPairs('--label', flags.label, {}, ''),
    unset: unset(flags),
    annotations: [...annotations, ...images.flatMap((image) => image.annotations)],
    platform: platform(flags.platform, env),
    contexts: readMapping('--build-context', flags.buildContext),
    noCache: noCache(flags),
    cacheFrom: flags.cacheFrom.flatMap(readCacheFrom),
    cacheTo: flags.cacheTo.map(readCacheTo),
    cacheMountFolders: mountFolders(flags),
    cacheMounts: flags.cacheMounts ? undefined : false,
    pull: flags.pull,
    secrets: readSecrets(flags.secret, env),
    allowSecretInLayer: flags.allowSecretInLayer,
    ssh: flags.ssh.map(readSsh),
    network: flags.network,
    allow: flags.allow.flatMap((text) => text.split(',')).map(readAllow),
    addHosts: flags.addHost.map(readHost),
    shmSize: flags.shmSize === undefined ? undefined : readBytes('--shm-size', flags.shmSize),
    ulimits: flags.ulimit.map(readUlimit),
    cgroupParent: flags.cgroupParent,
    resources: readResources(flags),
    seccomp: readSecurityOptions(flags.securityOpt).seccomp,
    stepTimeout: flags.stepTimeout === undefined ? undefined : readTimeout(flags.stepTimeout),
    retries: flags.retry === undefined ? undefined : readNumber('--retry', flags.retry, 0),
    retryDelay: flags.retryDelay === undefined ? undefined : readDuration('--retry-delay', flags.retryDelay),
    jobs: flags.jobs === undefined ? undefined : readNumber('--jobs', flags.jobs, 1),
    outputs,
    errorOutputs: flags.onErrorOutput.map(readErrorOutput),
    snapshotter: flags.snapshotter,
    runtime: flags.runtime,
    ...registryAccess(flags),
    cacheMax: cacheMax(flags, env),
    ...sizeLimits(flags),
    limits: readLimits(flags.limit, env),
  })
}

/** `--push` is short for an output, unless one pushes already; `--load` is for another one. */
function outputRequests({ output, push, load }: BuildFlags): readonly OutputRequest[] {
  const requests = output.map(readOutput)
  const pushes = requests.some(({ type }) => type === 'registry')
  return [
    ...requests,
    ...(push && !pushes ? [{ type: 'registry' } as const] : []),
    ...(load ? [{ type: 'engine' } as const] : []),
  ]
}

/** What is pushed under a tag has that name in the store too, as `type=image,name=` has it. */
function tagsOf(request: OutputRequest): readonly string[] {
  return request.type === 'registry' && !request.byDigest ? (request.names ?? []) : []
}

/** 0 is no limit. */
function readTimeout(text: string): number | undefined {
  return (text === '0' ? 0 : readDuration('--step-timeout', text)) || undefined
}

function cacheMax(flags: BuildFlags, env: Env): BuildOptions['cacheMax'] {
  const asked = flags.cacheMax ?? (env['TSBUILD_CACHE_MAX'] || undefined)
  const name = flags.cacheMax === undefined ? 'TSBUILD_CACHE_MAX' : '--cache-max'
  return asked === undefined ? undefined : readSpace(name, asked)
}

function sizeLimits({ maxSize, maxGrowth, compareTo }: BuildFlags) {
  if (compareTo !== undefined && maxGrowth === undefined) {
    throw new FlagError('--compare-to says nothing without --max-growth', 'add --max-growth=5%')
  }
  return {
    ...(maxSize !== undefined && { maxSize: readBytes('--max-size', maxSize) }),
    ...(maxGrowth !== undefined && { maxGrowth: readGrowth(maxGrowth) }),
    ...(compareTo !== undefined && { compareTo }),
  }
}

/** Hundredths may be more than a hundred. */
function readGrowth(text: string): NonNullable<BuildOptions['maxGrowth']> {
  const percent = /^(\d{1,6}(?:\.\d{1,6})?)%$/.exec(text)?.[1]
  return percent === undefined ? readBytes('--max-growth', text, '5%, 10m or bytes') : `${Number(percent)}%`
}

function mountFolders({ cacheMount, cacheMounts }: BuildFlags): BuildOptions['cacheMountFolders'] {
  if (cacheMount.length === 0) return undefined
  if (!cacheMounts)
    throw new FlagError('--cache-mount and --no-cache-mounts exclude each other', 'leave one of them out')
  return Object.fromEntries(cacheMount.map(readCacheMount))
}

/** A port without a protocol is tcp, as in EXPOSE. */
function unset(flags: BuildFlags): BuildOptions['unset'] {
  return {
    variables: flags.unsetEnv,
    labels: flags.unsetLabel,
    volumes: flags.unsetVolume,
    ports: flags.unsetPort.map((port) => (port.includes('/') ? port.toLowerCase() : `${port}/tcp`)),
    healthcheck: flags.unsetHealthcheck ?? false,
  }
}

/** Those of the command line are for all that can hold them, those of the output come on top. */
function withAnnotations(output: OutputOptions, annotations: readonly Annotation[]): OutputOptions {
  if ((!('tar' in output) && output.type !== 'registry') || annotations.length === 0) return output
  return { ...output, annotations: [...annotations, ...(output.annotations ?? [])] }
}

/** `SOURCE_DATE_EPOCH` of the caller's environment is passed on, as buildx does. */
function buildArgs(texts: readonly string[], env: Env): Readonly<Record<string, string>> {
  const epoch = env['SOURCE_DATE_EPOCH']
  return { ...(epoch ? { SOURCE_DATE_EPOCH: epoch } : {}), ...readPairs('--build-arg', texts, env) }
}

/** One as it is given; `local` alone is what is built without the flag. */
function platform(texts: readonly string[], env: Env): BuildOptions['platform'] {
  const given = texts.length > 0 ? texts : [env['DOCKER_DEFAULT_PLATFORM'] ?? '']
  const asked = given.flatMap((text) => text.split(',')).map((text) => text.trim())
  const [first, ...others] = asked.filter((text) => text !== '')
  if (others.length > 0 && first !== undefined) return [first, ...others]
  return first === 'local' ? undefined : first
}

function noCache(flags: BuildFlags): boolean | readonly string[] | undefined {
  if (!flags.cache && flags.cacheFilter.length > 0) {
    throw new FlagError('--no-cache and --no-cache-filter exclude each other', 'leave one of them out')
  }
  if (!flags.cache) return true
  return flags.cacheFilter.length > 0 ? flags.cacheFilter.flatMap((text) => text.split(',')) : undefined
}

/** The same object without members that are undefined. */
function given<T extends object>(members: { readonly [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as T
}
