import { availableParallelism } from 'node:os'
import type { BuildPorts } from '../build.ts'
import { type Cache, openProbes } from '../cache/index.ts'
import { type Digest, digestOf } from '../digest/index.ts'
import {
  type ExecutorPorts,
  findEmulation,
  openRootfs,
  openSandbox,
  runRefusal,
  type StepRules,
} from '../executor/index.ts'
import { formatImageSource, formatPlatform, type Platform, parseImageSource } from '../image/index.ts'
import type { BuildOptions, Environment } from '../options.ts'
import type { BaseImages } from '../planner/index.ts'
import { programDigest } from '../program-digest.ts'
import type { PlanMemory } from '../remembered-plan.ts'
import { eachOnce } from '../text/index.ts'
import { openHosts } from './hosts.ts'
import type { Loaded } from './load.ts'
import type { Progress } from './progress.ts'
import type { Session } from './session.ts'

/** What the flags and the machine say, as the ports of a build. Each is opened when it is first asked for. */
export function buildPorts(
  session: Session,
  { context, times, fetch, seccomp, request }: Loaded,
  options: BuildOptions,
  environment: Environment,
  progress: Progress,
): BuildPorts {
  const { bases } = session
  const ports = runPorts(session, options, environment, seccomp)
  const { cache } = ports
  return {
    ...ports,
    bases: shownBases(bases, progress, request.severalPlatforms),
    times,
    ...(programDigest !== undefined && { plans: plansOf(cache, programDigest) }),
    sources: {
      context,
      async image({ image }) {
        const layers = await bases.layersOf(image)
        return layers.map(({ descriptor, diffId }) => cache.layers.fromDescriptor(descriptor, diffId))
      },
      remote: async ({ op, login }, signal) => (await fetch(op, login, signal)).tree,
    },
  }
}

/** What has to do with how commands are run. */
export type RunOptions = Pick<
  BuildOptions,
  | 'addHosts'
  | 'cacheMounts'
  | 'cgroupParent'
  | 'jobs'
  | 'onEvent'
  | 'resources'
  | 'retries'
  | 'retryDelay'
  | 'runtime'
  | 'signal'
  | 'snapshotter'
  | 'stepTimeout'
>

/** The ports of whoever runs commands, without files from outside. */
export function runPorts(
  session: Session,
  options: RunOptions,
  environment: Environment,
  seccomp: Loaded['seccomp'],
): Omit<ExecutorPorts, 'sources'> {
  const { store } = session
  const cache = options.cacheMounts === false ? withFreshMounts(session.cache, store.temporary) : session.cache
  const events = options.onEvent ?? (() => {})
  const runOptions = {
    path: environment.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin',
    notice: eachOnce((message: string, serious?: true) =>
      events({ type: 'notice', at: environment.now(), message, ...(serious && { serious }) }),
    ),
    temporary: store.temporary,
    probes: openProbes(store),
    ...(seccomp !== undefined && { seccomp }),
  }
  return {
    cache,
    runRefusal,
    emulation: oncePerPlatform((platform) => findEmulation(platform, store)),
    sandbox: late(() => sandboxFor(options, runOptions)),
    rootfs: late(() =>
      openRootfs(snapshotterOf(options), { ...runOptions, mounts: session.mounts, limits: session.limits }),
    ),
    secrets: session.secrets,
    agents: session.agents,
    hosts: openHosts(options.addHosts),
    temporary: store.temporary,
    locked: store.locked,
    limits: session.limits,
    events,
    now: environment.now,
    jobs: options.jobs ?? usualJobs(availableParallelism()),
    steps: stepRules(options),
    signal: options.signal ?? new AbortController().signal,
  }
}

/**
 * More than one for each processor: a RUN mostly waits, for a server, a disk or a sleep, and few have a processor to
 * themselves.
 */
function usualJobs(processors: number): number {
  return Math.max(4, 2 * processors)
}

function stepRules({ resources, stepTimeout, retries, retryDelay }: RunOptions): StepRules {
  return {
    ...(resources && { resources }),
    ...(stepTimeout !== undefined && { timeout: stepTimeout }),
    ...(retries !== undefined && { retries }),
    ...(retryDelay !== undefined && { retryDelay }),
  }
}

async function sandboxFor({ runtime, cgroupParent }: RunOptions, runOptions: Parameters<typeof openSandbox>[1]) {
  const namesCgroup = cgroupParent !== undefined && runtime !== 'crun'
  const sandbox = await openSandbox(runtime ?? 'auto', { ...runOptions, namesCgroup })
  if (cgroupParent !== undefined && sandbox.noCgroup !== undefined) {
    runOptions.notice(`--cgroup-parent has no effect: ${sandbox.noCgroup}`)
  }
  return sandbox
}

/** A plan is what this very program makes of a Dockerfile. */
function plansOf({ plans }: Cache, program: string): PlanMemory {
  const keyFor = (key: Digest) => digestOf([program, key])
  return { find: (key) => plans.find(keyFor(key)), save: (key, text) => plans.save(keyFor(key), text) }
}

/** A chroot can mount nothing, so it only runs in a copy. */
function snapshotterOf({ snapshotter, runtime }: RunOptions) {
  return snapshotter ?? (runtime === 'chroot' ? 'copy' : 'auto')
}

/** Each base that is looked up is a step of its own in the views. */
export function shownBases(bases: BaseImages, progress: Progress, severalPlatforms = false): BaseImages {
  return {
    async resolve(reference, platform, at) {
      const name = formatImageSource(parseImageSource(reference))
      const prefix = severalPlatforms ? `${formatPlatform(platform)} ` : ''
      const label = `[${prefix}internal] load metadata for ${name}`
      return progress.step(`metadata ${prefix}${name}`, label, () => bases.resolve(reference, platform, at))
    },
  }
}

/** The directories of cache mounts are new ones, each once for the build; they go when the store is closed. */
function withFreshMounts(cache: Cache, temporary: (prefix: string) => Promise<string>): Cache {
  const made = new Map<string, Promise<string>>()
  return {
    ...cache,
    cacheMount(id) {
      const directory = made.get(id) ?? temporary('cache-mounts')
      made.set(id, directory)
      return directory
    },
  }
}

function oncePerPlatform<T>(ask: (platform: Platform) => Promise<T>): (platform: Platform) => Promise<T> {
  const asked = new Map<string, Promise<T>>()
  return (platform) => {
    const name = formatPlatform(platform)
    const answer = asked.get(name) ?? ask(platform)
    asked.set(name, answer)
    return answer
  }
}

function late<T>(open: () => Promise<T>): () => Promise<T> {
  let opened: Promise<T> | undefined
  return () => {
    opened ??= open()
    return opened
  }
}
