import path from 'node:path'
import { type Context, contextOfTree, findIgnoreFile, openContext } from '../../context/index.ts'
import { TsbuildError } from '../../errors.ts'
import { parseReference } from '../../image/index.ts'
import type { NamedContext } from '../../planner/index.ts'
import type { Fetch } from './fetch.ts'
import type { InputPorts } from './ports.ts'
import { isDirectory, type RemoteSource, remoteSource } from './source.ts'

/** What a `--build-context` names. */
export type NamedSource =
  | { readonly kind: 'local'; readonly directory: string }
  | { readonly kind: 'image'; readonly reference: string }
  | ({ readonly kind: 'remote' } & RemoteSource)

/**
 * Reads `--build-context`: a git repository, a URL, an image, else a directory.
 * @throws {TsbuildError} TSB_BUILD_CONTEXT; TSB_GIT_…, TSB_URL
 */
export function namedSource(name: string, text: string): NamedSource {
  checkName(name)
  const image = /^docker-image:\/\/(.+)/s.exec(text)?.[1] ?? /^oci-layout:\/\/.+/s.exec(text)?.[0]
  if (image !== undefined) return { kind: 'image', reference: image }
  const remote = text.startsWith('github.com/') ? undefined : remoteSource(text)
  if (remote) return { kind: 'remote', ...remote }
  if (!/^[a-z][a-z0-9+-]*:\/\//.test(text)) return { kind: 'local', directory: text }
  throw new TsbuildError('TSB_BUILD_CONTEXT', `unsupported build context ${text}`, {
    hint: 'a named context is a directory, docker-image://NAME, oci-layout://DIR, a git repository or an http(s) URL',
  })
}

/** What planning has to know of it. */
export function plannedContext(source: NamedSource): NamedContext {
  if (source.kind === 'local') return { kind: 'local' }
  return source.kind === 'image' ? source : { kind: source.op.kind, shown: source.shown }
}

/**
 * Looks whether the directories are there, before anything is built.
 * @throws {TsbuildError} TSB_BUILD_CONTEXT
 */
export async function checkNamedContexts(sources: ReadonlyMap<string, NamedSource>, cwd: string): Promise<void> {
  for (const [name, source] of sources) {
    if (source.kind !== 'local' || (await isDirectory(path.resolve(cwd, source.directory)))) continue
    throw new TsbuildError(
      'TSB_BUILD_CONTEXT',
      `failed to get build context ${name}: ${source.directory} is no directory`,
      {
        hint: 'an image is written docker-image://NAME',
      },
    )
  }
}

/** Opens a named context. A directory has an ignore file of its own. */
export async function openNamedContext(source: NamedSource, cwd: string, ports: InputPorts): Promise<Context> {
  if (source.kind === 'local') {
    const directory = path.resolve(cwd, source.directory)
    const linkSteps = ports.limits['link-steps']
    return openContext(directory, await findIgnoreFile(directory, undefined, linkSteps), ports.store, linkSteps)
  }
  if (source.kind === 'remote') return contextOfTree((await ports.fetch(source.op, source.login)).tree)
  throw new Error('an image is no context of files')
}

/** How old a named context is: see `Fetched.time`. */
export async function timeOfNamed(source: NamedSource, fetch: Fetch): Promise<number | undefined> {
  return source.kind === 'remote' ? (await fetch(source.op, source.login)).time() : undefined
}

function checkName(name: string): void {
  const [image = '', platform] = name.split('::')
  try {
    parseReference(image)
  } catch (cause) {
    throw new TsbuildError('TSB_BUILD_CONTEXT', `invalid context name ${name}`, {
      cause,
      hint: 'it is what the Dockerfile says in FROM or --from: the name of a stage or image',
    })
  }
  if (platform === '') throw new TsbuildError('TSB_BUILD_CONTEXT', `invalid context name ${name}: no platform`)
}
