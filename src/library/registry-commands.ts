import { readStored } from '../bases/index.ts'
import { filesWithLogin, forgetLogin, keepLogin, loginFile } from '../credentials/index.ts'
import { OptionError, TsbuildError } from '../errors.ts'
import {
  type Descriptor,
  documentLimitsOf,
  formatPlatform,
  machinePlatform,
  type Platform,
  parsePlatform,
  parseReference,
  samePlatform,
} from '../image/index.ts'
import type { Environment } from '../options.ts'
import type {
  CopyOptions,
  LoginOptions,
  LogoutResult,
  PullOptions,
  PushOptions,
  Referrer,
  ReferrersOptions,
  RegistryOptions,
  RemoteDocumentText,
  RemoteName,
} from '../registry-options.ts'
import { allOrNone, copyAll } from '../transfer/index.ts'
import { openTurns } from '../turns.ts'
import { noReferrers, openSource, openTarget, orStored, placeOf } from './copy-place.ts'
import { findStored, isNamed, openStored } from './find-stored.ts'
import { lookingOnly } from './has-store.ts'
import { progressTo } from './progress.ts'
import { pushImage, pushing, pushTargets } from './push.ts'
import { loginHost } from './registry-allow.ts'
import { isHostAlone, registryName, withoutDocker } from './registry-name.ts'
import { openSession, type SessionOptions } from './session.ts'

/** Layers that are fetched at once. */
const pullsAtOnce = 4

/**
 * Pushes an image of the store, to where its name says or to others.
 * @throws {TsbuildError} TSB_IMAGE_NOT_FOUND, TSB_REGISTRY_NAME, TSB_PUSH_NAME, TSB_PUSH_FAILED
 */
export function push(
  name: string,
  destinations: readonly string[],
  options: PushOptions,
  environment: Environment,
): Promise<readonly RemoteName[]> {
  return lookingOnly(environment, (place) => pushFrom(name, destinations, options, place))
}

async function pushFrom(
  name: string,
  destinations: readonly string[],
  options: PushOptions,
  environment: Environment,
): Promise<readonly RemoteName[]> {
  await using session = await openSession(environment, sessionOptions(options, environment))
  const stored = await findStored(name, session)
  const names = destinations.length > 0 ? destinations : isNamed(stored, name) ? [name] : stored.names
  const targets = pushTargets(names.map(registryName))
  const image = await openStored(stored, session)
  return await progressTo(options.onEvent ?? (() => {}), environment.now).step(
    'push',
    `pushing ${name}`,
    async (report) => {
      const { descriptor } = await pushImage(image, targets, session, report, options.signal, options.form)
      const tagged = targets.flatMap(({ reference, tag }) => (tag === undefined ? [] : reference.normal))
      await session.store.images.published(stored.manifest, tagged, descriptor.digest)
      return targets.map(({ reference }) => ({ name: reference.normal, descriptor }))
    },
  )
}

/**
 * Fetches an image with its layers, for a platform, and names it in the store when all of it is there.
 * @throws {TsbuildError} TSB_REGISTRY_NAME, TSB_IMAGE_NOT_FOUND, TSB_PLATFORM_NOT_FOUND, TSB_REGISTRY_…, TSB_DIGEST_MISMATCH
 */
export async function pull(name: string, options: PullOptions, environment: Environment): Promise<RemoteName> {
  const wanted = registryName(name)
  const { normal } = parseReference(wanted)
  const machine = machinePlatform(environment.arch)
  const platform = options.platform === undefined ? machine : parsePlatform(options.platform, machine)
  return progressTo(options.onEvent ?? (() => {}), environment.now).step(
    'pull',
    `pulling ${normal}`,
    async (report) => {
      const onBytes = ({ digest, size }: Descriptor, received: number) =>
        report(digest, received, size, ...(received === size ? ([true] as const) : []))
      const asked = { ...sessionOptions(options, environment), pull: 'always', remember: 'at-end', onBytes } as const
      await using session = await openSession(environment, asked)
      const found = await session.bases.resolve(wanted, platform)
      const { manifest } = await readStored(session.store, found.image.manifest)
      const turns = openTurns(pullsAtOnce)
      await allOrNone(manifest.layers, options.signal, (layer, stop) =>
        turns(() => session.store.blobs.obtain(layer, stop)),
      )
      await session.bases.named()
      const stored = await session.store.images.find(wanted)
      if (!stored) throw new Error(`${normal} was pulled and is not in the store`)
      const warning = options.platform === undefined ? undefined : otherPlatform(normal, found.platform, platform)
      return { name: normal, descriptor: session.bases.rootOf(wanted) ?? stored.manifest, ...(warning && { warning }) }
    },
  )
}

/**
 * Copies an image, or an index with all its images, byte for byte between registries, layouts and OCI archives. Nothing is
 * kept in the store.
 * @param from a reference, `oci-layout://DIR[:TAG]`, `oci-archive:FILE[:TAG]`; `to` likewise
 * @throws {TsbuildError} TSB_COPY_PLACE, TSB_PUSH_FAILED when it goes to a registry, and those of the places
 */
export async function copy(
  from: string,
  to: string,
  options: CopyOptions,
  environment: Environment,
): Promise<Descriptor> {
  const [source, target] = [placeOf(from, 'from'), placeOf(to, 'to')]
  if (options.referrers && source.kind !== 'reference') throw noReferrers(from)
  if (target.kind === 'reference') pushTargets([withoutDocker(to)])
  await using session = await openSession(environment, sessionOptions(options, environment))
  const progress = progressTo(options.onEvent ?? (() => {}), environment.now)
  return await progress.step('copy', `copying ${from} to ${to}`, async (report) => {
    const place = await openTarget(target, session, environment, options.signal)
    const opened = await orStored(from, session, () => openSource(source, session, environment, options.signal))
    const limits = documentLimitsOf(session.limits)
    const work = () => copyAll(opened, place, limits, report, options.signal, options.referrers)
    return target.kind === 'reference' ? pushing(to, work) : work()
  })
}

/** What a registry has under a name. @throws {TsbuildError} TSB_IMAGE_NOT_FOUND, TSB_REGISTRY_… */
export async function remoteDocument(
  name: string,
  options: PullOptions,
  environment: Environment,
): Promise<RemoteDocumentText> {
  const reference = parseReference(registryName(name))
  await using session = await openSession(environment, sessionOptions(options, environment))
  const registry = await session.registry()
  if (options.platform !== undefined) {
    const platform = parsePlatform(options.platform, machinePlatform(environment.arch))
    const found = await orStored(name, session, () => registry.resolve(reference, platform, options.signal))
    const warning = otherPlatform(reference.normal, found.config, platform)
    return { descriptor: found.descriptor, text: textOf(found.manifestBytes), ...(warning && { warning }) }
  }
  const { descriptor, bytes } = await orStored(name, session, () => registry.document(reference, options.signal))
  return { descriptor, text: textOf(bytes) }
}

/**
 * What refers to an image or an index of a registry: signatures and other artifacts.
 * @throws {TsbuildError} TSB_IMAGE_NOT_FOUND, TSB_REGISTRY_…, TSB_TAGS_LINK
 */
export async function referrers(
  name: string,
  { artifactType, ...options }: ReferrersOptions,
  environment: Environment,
): Promise<readonly Referrer[]> {
  const { descriptor } = await remoteDocument(name, options, environment)
  const { domain, path: repository } = parseReference(registryName(name))
  await using session = await openSession(environment, sessionOptions(options, environment))
  const registry = await session.registry()
  const found = await registry.referrers(`${domain}/${repository}`, descriptor.digest, options.signal)
  return found.filter((each) => artifactType === undefined || each.artifactType === artifactType)
}

/** The tags of a repository. @throws {TsbuildError} TSB_IMAGE_NOT_FOUND, TSB_REGISTRY_…, TSB_TAGS_LINK */
export async function listTags(
  name: string,
  options: RegistryOptions,
  environment: Environment,
): Promise<readonly string[]> {
  const { domain, path: repository, tag, digest } = parseReference(registryName(name))
  if (isHostAlone(name)) {
    throw new OptionError('TSB_REFERENCE_FORMAT', `${name} is a registry, and tags are those of a repository`, {
      hint: `write tsbuild ls ${name}/REPOSITORY`,
    })
  }
  if (tag !== undefined || digest !== undefined) {
    throw new OptionError('TSB_REFERENCE_FORMAT', `${name} is one image, and tags are those of a repository`, {
      hint: `tsbuild ls ${domain}/${repository} lists them, tsbuild digest ${name} shows the image`,
    })
  }
  await using session = await openSession(environment, sessionOptions(options, environment))
  return await (await session.registry()).tags(`${domain}/${repository}`, options.signal)
}

/**
 * Asks a registry whether it takes a login, and keeps it where docker does.
 * @returns where it is now
 * @throws {TsbuildError} TSB_REGISTRY_DENIED, TSB_AUTH_FILE, TSB_HELPER_…
 */
export async function login(
  host: string,
  { username, password, ...options }: LoginOptions,
  environment: Environment,
): Promise<string> {
  const registryHost = hostOf(host)
  const login = { kind: 'password', username, password } as const
  const asked = { ...sessionOptions(options, environment), logins: async () => login }
  await using session = await openSession(environment, asked)
  await (await session.registry()).ping(registryHost, options.signal)
  return await keepLogin(fileFor(environment), registryHost, login, environment.env)
}

/** Forgets a login where `login` keeps it; other files, which are podman's say, stay as they are. */
export async function logout(host: string, environment: Environment): Promise<LogoutResult> {
  const { env } = environment
  const known = await forgetLogin(fileFor(environment), hostOf(host), env)
  return { known, stillIn: await filesWithLogin(hostOf(host), env) }
}

export function sessionOptions(options: RegistryOptions, { now }: Environment): SessionOptions {
  const { registryMirrors, registryAllow, insecureRegistries, limits, signal, onEvent } = options
  const notice = (message: string) => onEvent?.({ type: 'notice', at: now(), message })
  return { registryMirrors, registryAllow, insecureRegistries, limits, signal, notice }
}

function fileFor({ env }: Environment): string {
  const file = loginFile(env)
  if (file !== undefined) return file
  throw new TsbuildError('TSB_AUTH_FILE', 'nothing says where logins are kept: HOME and DOCKER_CONFIG are not set', {
    hint: 'set DOCKER_CONFIG to an absolute path',
  })
}

/** `docker.io`, `127.0.0.1:5000`: a scheme or a path is no part of it. */
function hostOf(text: string): string {
  return loginHost(text.replace(/^https?:\/\//, '').replace(/\/(v\d\/?)?$/, ''))
}

/** What is to be said of an image that is for another platform than was asked for: one that is no index is for what it is for. */
function otherPlatform(name: string, found: Platform, wanted: Platform): string | undefined {
  const { os, architecture, variant } = found
  const own = { os, architecture, ...(variant && { variant }) }
  if (samePlatform(own, wanted)) return undefined
  return `${name} is for ${formatPlatform(own)} alone, and ${formatPlatform(wanted)} was asked for`
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}
