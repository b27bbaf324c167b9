import { randomBytes } from 'node:crypto'
import { realpathSync, statSync } from 'node:fs'
import path from 'node:path'
import { readStored } from '../bases/index.ts'
import type { RunImageOptions, RunImageResult, RunMount } from '../container-options.ts'
import { OptionError, TsbuildError } from '../errors.ts'
import { type HostBind, type LeftRun, runRefusal } from '../executor/index.ts'
import { missingHereToo } from '../find-image.ts'
import { opId, type RunOp } from '../graph/index.ts'
import { type ContainerConfig, type ImageConfig, machinePlatform, type Platform, tryReference } from '../image/index.ts'
import { type KeptRun, keepRun, listKept, mostKept, type RunHow, sweepKept } from '../kept/index.ts'
import type { Environment } from '../options.ts'
import type { BaseImage } from '../planner/index.ts'
import { imageFor } from '../store/index.ts'
import { howOf } from './debugging.ts'
import { type EnterOptions, enterPlace } from './enter.ts'
import { platformOf } from './platform.ts'
import { readSeccomp } from './seccomp.ts'
import { openSession, type Session } from './session.ts'

/**
 * Runs a command in an image, in the sandbox that a RUN has. What it changes is kept for an hour, for `commit`, unless
 * `remove` says otherwise.
 * @throws {TsbuildError} TSB_RUN_NO_COMMAND, TSB_RUN_MOUNT, TSB_RUN_NAME, TSB_IMAGE_NOT_FOUND, and those of a RUN
 */
export async function runImage(options: RunImageOptions, environment: Environment): Promise<RunImageResult> {
  const refusal = runRefusal()
  if (refusal) throw refusal
  const binds = (options.mounts ?? []).map((mount) => bindOf(mount, environment))
  await using session = await openSession(environment, options)
  await sweepKept(session.store, environment.now())
  checkName(options, session)
  const base = await findImage(options, session, environment)
  const config = containerConfig(base.config, options)
  const id = randomBytes(6).toString('hex')
  const run = await runOf(base, config, id, options, session, environment)
  const what = keptAs(id, base, config, run, options, environment)
  let container: string | undefined
  const after: EnterOptions['after'] = async (take, { exitCode }) => {
    if (options.signal?.aborted) return
    const ended = { at: environment.now(), exitCode }
    container = await keepContainer({ ...what, ended }, take, session, options, environment)
  }
  const place = { run, how: howOf(options, environment), above: [] }
  const { onEvent, signal, io } = options
  const entering = { io, binds, onEvent, signal, ...(!options.remove && { after }) }
  const result = await enterPlace(place, run.op.argv, entering, session, environment)
  return { ...result, ...(container !== undefined && { container }) }
}

/** The command has ended as it has: that what it left cannot be kept is said beside that. */
async function keepContainer(
  what: Parameters<typeof keepRun>[0],
  take: Parameters<typeof keepRun>[1],
  { store, cache }: Session,
  { onEvent }: RunImageOptions,
  { now }: Environment,
): Promise<string | undefined> {
  const { name, ...unnamed } = what
  const keep = async () => {
    // Another command with this name may have ended since this one began.
    const isTaken = name !== undefined && isKept(name, store)
    const { run, removed, release } = await keepRun(isTaken ? unnamed : what, take, store, cache)
    release()
    for (const each of removed) {
      const message = `container ${each.name ?? each.id} is not kept any more: the newest ${mostKept.container} are, 4 GiB at most`
      onEvent?.({ type: 'notice', at: now(), message })
    }
    if (isTaken) {
      const message = `a container ${name} is kept already: this one is kept as ${run.id}`
      onEvent?.({ type: 'notice', at: now(), message })
    }
    return run.id
  }
  try {
    return await (name === undefined ? keep() : store.locked(`container ${name}`, keep))
  } catch (error) {
    if (!(error instanceof Error)) throw error
    onEvent?.({ type: 'notice', at: now(), message: `what the command changed is not kept: ${error.message}` })
    return undefined
  }
}

function checkName({ name, remove }: RunImageOptions, { store }: Session): void {
  if (name === undefined) return
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]+$/.test(name)) {
    throw new OptionError('TSB_RUN_NAME', `${JSON.stringify(name)} is no name of a container`, {
      hint: 'letters, digits, _ . and -, two at least',
    })
  }
  if (remove || !isKept(name, store)) return
  throw new TsbuildError('TSB_RUN_NAME', `a container ${name} is kept already`, {
    hint: `choose another name; tsbuild rm ${name} removes it`,
  })
}

function isKept(name: string, { root }: Session['store']): boolean {
  return listKept(root).some((kept) => kept.name === name)
}

/** By an id of the store too, which no FROM knows. */
async function findImage(options: RunImageOptions, session: Session, { arch, now }: Environment): Promise<BaseImage> {
  const platform = platformOf(options.platform, machinePlatform(arch))
  const stored = /^(sha256:)?[0-9a-f]{4,64}$/.test(options.image)
    ? await session.store.images.find(options.image)
    : undefined
  const found = stored && imageFor(stored, platform)
  if (!found) {
    const base = await resolved(options, platform, session)
    const isPulled = tryReference(options.image) && session.bases.rootOf(options.image)
    if (isPulled) options.onEvent?.({ type: 'notice', at: now(), message: `pulling ${options.image}` })
    return base
  }
  const { config } = await readStored(session.store, found.manifest.digest)
  return { image: { name: options.image, manifest: found.manifest.digest }, platform: platformIn(config), config }
}

async function resolved(
  { image, pull }: RunImageOptions,
  platform: Platform,
  { bases, store }: Session,
): Promise<BaseImage> {
  try {
    return await bases.resolve(image, platform)
  } catch (error) {
    if (pull === 'never' || pull === 'always' || !tryReference(image)) throw error
    throw await missingHereToo(error, image, store)
  }
}

function platformIn({ os, architecture, variant }: ImageConfig): Platform {
  return { os, architecture, ...(variant && { variant }) }
}

/** As Docker has it: another entry point takes the command of the image away. */
function containerConfig({ config = {} }: ImageConfig, options: RunImageOptions): ContainerConfig {
  const { entrypoint, command = [], env = {}, user, workdir } = options
  const own = entrypoint === undefined ? config.Entrypoint : entrypoint === '' ? undefined : [entrypoint]
  const usual = entrypoint === undefined ? config.Cmd : undefined
  const named = Object.entries(env).map(([name, value]) => `${name}=${value}`)
  const others = (config.Env ?? []).filter((variable) => !Object.hasOwn(env, variable.split('=')[0] ?? ''))
  return {
    ...config,
    Entrypoint: own,
    Cmd: command.length > 0 ? command : usual,
    Env: [...others, ...named],
    User: user ?? config.User,
    WorkingDir: workdir === undefined ? config.WorkingDir : path.posix.resolve(config.WorkingDir || '/', workdir),
  }
}

const usualPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

async function runOf(
  base: BaseImage,
  config: ContainerConfig,
  id: string,
  options: RunImageOptions,
  session: Session,
  environment: Environment,
): Promise<LeftRun> {
  const argv = [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])]
  if (argv.length === 0) {
    throw new TsbuildError('TSB_RUN_NO_COMMAND', `the image ${options.image} has no command`, {
      hint: `write one after it: tsbuild run ${options.image} sh`,
    })
  }
  const env = config.Env ?? []
  const seccomp = (await readSeccomp(options.seccomp, environment))?.id
  const { fromDescriptor, recordOf } = session.cache.layers
  const named = await session.bases.layersOf(base.image)
  const layers = await Promise.all(named.map((layer) => recordOf(fromDescriptor(layer.descriptor, layer.diffId))))
  const onto = opId({ kind: 'image', image: base.image, platform: base.platform })
  const op: RunOp = {
    kind: 'run',
    onto,
    argv,
    env: env.some((variable) => variable.startsWith('PATH=')) ? env : [...env, usualPath],
    cwd: config.WorkingDir || '/',
    user: config.User ?? '',
    network: options.network ?? 'default',
    security: 'sandbox',
    mounts: [],
    scripts: [],
    platform: base.platform,
    hostname: options.hostname ?? id,
    limits: {
      ...(options.shmSize !== undefined && { shmSize: options.shmSize }),
      ...(options.ulimits && { ulimits: options.ulimits }),
      ...(seccomp !== undefined && { seccomp }),
    },
  }
  const foreign = base.platform.architecture !== machinePlatform(environment.arch).architecture
  return {
    label: `run ${options.image}`,
    op,
    inputs: { [onto]: { kind: 'snapshot', layers } },
    ...(foreign && { emulates: base.platform }),
  }
}

function keptAs(
  id: string,
  { image }: BaseImage,
  config: ContainerConfig,
  run: LeftRun,
  options: RunImageOptions,
  environment: Environment,
): Omit<KeptRun, 'files'> {
  const how: RunHow = howOf(options, environment)
  return {
    id,
    kind: 'container',
    created: environment.now(),
    run,
    how,
    image,
    config,
    ...(options.name !== undefined && { name: options.name }),
  }
}

/** @throws {TsbuildError} TSB_RUN_MOUNT */
function bindOf({ source, target, readOnly = false }: RunMount, { cwd }: Environment): HostBind {
  if (!path.posix.isAbsolute(target)) throw wrongMount(`${target}: the place in the container has to be absolute`)
  if (source === undefined) return { target, kind: 'directory', readOnly }
  const place = path.resolve(cwd, source)
  const stats = statSync(place, { throwIfNoEntry: false })
  if (!stats) throw wrongMount(`${place}: there is no such file or directory`)
  const kind = stats.isDirectory() ? 'directory' : 'file'
  return { source: realpathSync(place), target, kind, readOnly }
}

function wrongMount(message: string): TsbuildError {
  return new TsbuildError('TSB_RUN_MOUNT', `cannot mount ${message}`, {
    hint: 'write -v DIRECTORY:/PLACE[:ro], with a directory that is there; tsbuild has no named volumes',
  })
}
