import type { Descriptor, Environment, EventSink, RegistryOptions } from '../../index.ts'
import { visible } from '../../text/index.ts'
import { FlagError } from '../flags/flag-error.ts'
import { readLimits } from '../flags/limit.ts'
import { readPairs } from '../flags/pairs.ts'
import { type RegistryFlags, registryAccess } from '../flags/registry-access.ts'
import type { Session } from '../session.ts'
import { effectiveMode } from '../views/choose.ts'
import { readPassword, type Terminal } from './password.ts'
import { isTalkative, progressMode, shownTransfer } from './shown.ts'

export interface TransferFlags extends RegistryFlags {
  readonly quiet?: true
  readonly progress?: string
  readonly platform?: string
  readonly format?: 'oci' | 'docker'
  readonly referrers?: true
  readonly limit: readonly string[]
}

export interface ShowFlags extends RegistryFlags {
  readonly platform?: string
  readonly raw?: true
  readonly artifactType?: string
}

export interface LoginFlags extends RegistryFlags {
  readonly username?: string
  readonly password?: string
  readonly passwordStdin?: true
}

export interface CreateFlags extends RegistryFlags {
  readonly tag: readonly string[]
  readonly annotation: readonly string[]
  readonly dryRun?: true
  readonly quiet?: true
  readonly progress?: string
}

/** Prints `TAG: digest: sha256:… size: N`, from which scripts cut the digest, or with `--quiet` name and digest. */
export async function pushCommand(
  session: Session,
  name: string,
  destinations: readonly string[],
  flags: TransferFlags,
): Promise<void> {
  const { push } = await session.library()
  const pushed = await transferring(session, flags, (options) =>
    push(name, destinations, { ...options, ...(flags.format && { form: flags.format }) }, session.environment),
  )
  for (const { name: done, descriptor } of pushed) session.out.print(resultLine(done, descriptor, flags))
}

export async function pullCommand(session: Session, name: string, flags: TransferFlags): Promise<void> {
  const { pull } = await session.library()
  const {
    name: done,
    descriptor,
    warning,
  } = await transferring(session, flags, (options) =>
    pull(name, { ...options, ...platformOf(flags) }, session.environment),
  )
  warn(session, warning)
  session.out.print(flags.quiet ? `${done}\n` : `Digest: ${descriptor.digest}\n${done}\n`)
}

export async function copyCommand(session: Session, from: string, to: string, flags: TransferFlags): Promise<void> {
  const { copy } = await session.library()
  const { digest } = await transferring(session, flags, (options) =>
    copy(from, to, { ...options, ...(flags.referrers && { referrers: true }) }, session.environment),
  )
  session.out.print(`${digest}\n`)
}

export async function digestCommand(session: Session, name: string, flags: ShowFlags): Promise<void> {
  const { descriptor, warning } = await documentOf(session, name, flags)
  warn(session, warning)
  session.out.print(`${descriptor.digest}\n`)
}

function warn({ err }: Session, warning: string | undefined): void {
  if (warning !== undefined) err.print(`warning: ${visible(warning)}\n`)
}

export async function lsCommand(session: Session, name: string, flags: ShowFlags): Promise<void> {
  const { out, signal, environment, library } = session
  const tags = await (await library()).listTags(
    name,
    { signal, ...registryAccess(flags), onEvent: notesOf(session) },
    environment,
  )
  out.print(tags.map((tag) => `${visible(tag)}\n`).join(''))
}

/** A line each: digest, size and type, with a tab between them. */
export async function referrersCommand(session: Session, name: string, flags: ShowFlags): Promise<void> {
  const { out, signal, environment, library } = session
  const { artifactType } = flags
  const asked = { ...platformOf(flags), ...(artifactType && { artifactType }) }
  const options = { signal, ...registryAccess(flags), ...asked, onEvent: notesOf(session) }
  const found = await (await library()).referrers(name, options, environment)
  const lines = found.map(({ digest, size, artifactType: type, mediaType }) => [digest, size, type ?? mediaType])
  out.print(lines.map((line) => `${line.map((each) => visible(String(each))).join('\t')}\n`).join(''))
}

interface Shown {
  readonly manifests?: readonly Descriptor[]
  readonly annotations?: Descriptor['annotations']
}

/** `Name:`, `MediaType:`, `Digest:` and a block for each image, as buildx has them. */
export async function inspectIndexCommand(session: Session, name: string, flags: ShowFlags): Promise<void> {
  const { descriptor, text } = await documentOf(session, name, flags)
  if (flags.raw) return session.out.print(text)
  const { manifests = [], annotations = {} } = JSON.parse(text) as Shown
  const head = [
    ['Name:', visible(name)],
    ['MediaType:', visible(descriptor.mediaType)],
    ['Digest:', descriptor.digest],
  ]
  const blocks = manifests.map((entry) => [
    ['  Name:', `${visible(name.replace(/@.*|:[^:/]*$/, ''))}@${entry.digest}`],
    ['  MediaType:', visible(entry.mediaType)],
    ...(entry.platform ? [['  Platform:', visible(platformText(entry.platform))]] : []),
    ...annotationRows(entry.annotations, '    '),
  ])
  const textOf = (rows: readonly (readonly string[])[]) =>
    rows.map(([key = '', value = '']) => `${`${key.padEnd(13)}${value}`.trimEnd()}\n`).join('')
  session.out.print(
    [
      textOf([...head, ...annotationRows(annotations, '  ')]),
      ...(blocks.length > 0 ? ['\nManifests:\n'] : []),
      blocks.map(textOf).join('\n'),
    ].join(''),
  )
}

function annotationRows(annotations: Descriptor['annotations'], indent: string): readonly (readonly string[])[] {
  const rows = Object.entries(annotations ?? {}).map(([name, value]) => [`${indent}${visible(name)}: `, visible(value)])
  return rows.length === 0 ? [] : [[`${indent.slice(2)}Annotations:`], ...rows]
}

export async function createCommand(session: Session, sources: readonly string[], flags: CreateFlags): Promise<void> {
  if (flags.tag.length === 0) throw new FlagError('index create: -t is missing', 'write -t REPOSITORY:TAG')
  const unsaid = flags.annotation.find((text) => !text.includes('='))
  if (unsaid !== undefined) {
    throw new FlagError(`--annotation ${unsaid}: not of the form NAME=VALUE`, `write --annotation ${unsaid}=VALUE`)
  }
  const { createIndex } = await session.library()
  const options = {
    names: flags.tag,
    sources,
    annotations: readPairs('--annotation', flags.annotation, {}, ''),
    ...(flags.dryRun && { dryRun: true }),
  }
  const { descriptor, text } = await transferring(session, { ...flags, limit: [] }, (common) =>
    createIndex({ ...common, ...options }, session.environment),
  )
  if (flags.dryRun) return session.out.print(`${text}\n`)
  for (const name of flags.tag) session.out.print(resultLine(name, descriptor, flags))
}

/** Says where the login is kept, and when others of this user could read it there. */
export async function loginCommand(session: Session, host: string, flags: LoginFlags): Promise<void> {
  const { environment, signal, out, err } = session
  if (flags.password !== undefined && flags.passwordStdin) {
    throw new FlagError('--password and --password-stdin exclude each other', 'leave --password out')
  }
  if (flags.passwordStdin && flags.username === undefined) {
    throw new FlagError('--password-stdin needs a user', 'add -u NAME')
  }
  const { username, password } = await readPassword(host, flags, environment.stdin as Terminal, err)
  if (flags.password !== undefined) {
    warn(session, 'a password on the command line is seen by all users of this machine: use --password-stdin')
  }
  const { login } = await session.library()
  const place = await login(
    host,
    { username, password, signal, ...registryAccess(flags), onEvent: notesOf(session) },
    environment,
  )
  if (!place.startsWith('docker-credential-')) {
    err.print(`note: the password is kept in ${visible(place)}, not encrypted; a credential helper keeps it better\n`)
  }
  out.print('Login Succeeded\n')
}

export async function logoutCommand(session: Session, host: string): Promise<void> {
  const { logout } = await session.library()
  const { known, stillIn } = await logout(host, session.environment)
  session.out.print(known ? `Removing login credentials for ${visible(host)}\n` : `Not logged in to ${visible(host)}\n`)
  for (const file of stillIn) {
    warn(session, `${file} still has a login for ${host}, which is used: podman logout --authfile ${file} ${host}`)
  }
}

async function documentOf(session: Session, name: string, flags: ShowFlags) {
  const { library, environment, signal } = session
  const options = { signal, ...registryAccess(flags), ...platformOf(flags), onEvent: notesOf(session) }
  return (await library()).remoteDocument(name, options, environment)
}

/** What is told by the way, for commands that show no progress: a mirror that was passed over, a warning of a registry. */
function notesOf({ err }: Session): EventSink {
  return (event) => {
    if (event.type !== 'notice') return
    const message = visible(event.message)
    err.print(message.startsWith('warning: ') ? `${message}\n` : `note: ${message}\n`)
  }
}

/** Shows the progress of something that takes a while. */
async function transferring<T>(
  session: Session,
  flags: Omit<TransferFlags, 'platform'>,
  work: (options: RegistryOptions) => Promise<T>,
): Promise<T> {
  const mode = effectiveMode(progressMode(flags, session.environment.env), session)
  for (const note of isTalkative(mode) ? session.notes : []) session.err.print(`note: ${note}\n`)
  const options = registryOptions(session, flags)
  return shownTransfer(session, mode, (onEvent: EventSink) => work({ ...options, onEvent }))
}

function registryOptions(
  { signal, environment }: Session,
  flags: RegistryFlags & Pick<TransferFlags, 'limit'>,
): RegistryOptions {
  const limits = readLimits(flags.limit, environment.env as Environment['env'])
  return {
    signal,
    ...registryAccess(flags),
    ...(limits && { limits }),
  }
}

function platformOf({ platform }: { readonly platform?: string }) {
  return platform === undefined ? {} : { platform }
}

function platformText({ os, architecture, variant }: NonNullable<Descriptor['platform']>): string {
  return [os, architecture, ...(variant ? [variant] : [])].join('/')
}

function resultLine(name: string, { digest, size }: Descriptor, { quiet }: { readonly quiet?: true }): string {
  const [, bare = name, tag = 'latest'] = /^(.*?)(?::([^:/]+))?$/.exec(name) ?? []
  return quiet ? `${visible(bare)}@${digest}\n` : `${visible(tag)}: digest: ${digest} size: ${size}\n`
}
