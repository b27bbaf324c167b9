import path from 'node:path'
import { readText } from '../../context/index.ts'
import { TsbuildError } from '../../errors.ts'
import type { BuildOptions, Environment } from '../../options.ts'
import { type Finding, parseHttpReference } from '../../planner/index.ts'
import { type FileTree, readSmall, type TreePath, treePath } from '../../tree/index.ts'
import type { Fetch } from './fetch.ts'
import {
  type DockerfileSource,
  defaultNames,
  missingDockerfile,
  readLocalDockerfile,
  spellings,
} from './local-dockerfile.ts'
import type { MainContext, OpenedContext } from './main.ts'
import { readAllText, stdinBytes } from './stdin.ts'

/** The Dockerfile, and what smells about where it was found. */
export interface FoundDockerfile extends DockerfileSource {
  readonly findings: readonly Finding[]
}

/** Where a context may have its Dockerfile, most wanted first. */
export function dockerfilePlaces(file: string | undefined): readonly TreePath[] {
  return (file === undefined ? defaultNames : spellings(file)).map(treePath)
}

/**
 * Refuses what can be said without reading: standard input for two things.
 * @throws {TsbuildError} TSB_STDIN_TWICE
 */
export function checkStandardInput({ context, file }: BuildOptions): void {
  if (context !== '-' || file !== '-') return
  const message = "invalid argument: can't use stdin for both build context and dockerfile"
  throw new TsbuildError('TSB_STDIN_TWICE', message, {
    hint: 'put the Dockerfile into the archive, and leave -f - out',
  })
}

/**
 * Finds the Dockerfile as buildx does: given as a text, on standard input, at a URL; the context itself, when that is a text;
 * a file of this machine for a directory, and an absolute one for a URL; else a file of the context.
 * @throws {TsbuildError} TSB_DOCKERFILE_…, TSB_STDIN_…, and those of fetching
 */
export async function findDockerfile(
  options: BuildOptions,
  environment: Environment,
  main: MainContext,
  { fetch, limit }: { readonly fetch: Fetch; readonly limit: number },
): Promise<FoundDockerfile> {
  const { dockerfile, file } = options
  if (dockerfile !== undefined) return unnamed(dockerfile)
  if (file === '-') return unnamed(await readAllText(stdinBytes(environment, options.signal), 'standard input', limit))
  const url = file === undefined ? undefined : parseHttpReference(file)
  if (url)
    return unnamed(await textOf(await fetch({ kind: 'http', url: url.url, name: 'Dockerfile' }, url.login), limit))
  if (main.kind === 'directory') return plain(await readLocalDockerfile(main.path, file, environment.cwd, limit))
  if (main.text !== undefined) return ofContext(main.text, main, file)
  if (main.remote && file !== undefined && path.isAbsolute(file)) {
    return plain(await readLocalDockerfile(path.dirname(file), file, environment.cwd, limit))
  }
  return readInside(main, file, limit)
}

function unnamed(text: string): FoundDockerfile {
  return plain({ source: { name: 'Dockerfile', text } })
}

function plain(source: DockerfileSource): FoundDockerfile {
  return { ...source, findings: [] }
}

/** A text at a URL is the Dockerfile whatever `-f` says; on standard input there would be two. */
function ofContext(text: string, { remote }: OpenedContext, file: string | undefined): FoundDockerfile {
  if (remote || file === undefined) return unnamed(text)
  throw new TsbuildError(
    'TSB_STDIN_TWICE',
    'ambiguous Dockerfile source: both stdin and flag correspond to Dockerfiles',
    { hint: `leave -f ${file} out, or give a directory in place of -` },
  )
}

async function readInside(main: OpenedContext, file: string | undefined, limit: number): Promise<FoundDockerfile> {
  const places = dockerfilePlaces(file)
  for (const place of places) {
    const text = await readText(main.context.tree, place, limit)
    if (text === undefined) continue
    const source = { name: file ?? place, text }
    return { source, findings: main.repeated.has(place) ? [repeatedFinding(place, main.name)] : [] }
  }
  throw missingDockerfile(file ?? 'Dockerfile', missingHint(main, file))
}

function missingHint({ context, name, remote }: OpenedContext, file: string | undefined): string {
  const here = context.tree.list(treePath('')).slice(0, 8).join(', ') || 'nothing'
  if (file !== undefined && remote) return `-f is a path in ${name}, which has ${here}; one of this machine is absolute`
  return `${name} has ${here}; name the Dockerfile with -f`
}

function repeatedFinding(place: TreePath, name: string): Finding {
  return { rule: 'tsbuild/RepeatedDockerfile', message: `${name} has ${place} more than once: the last one is used` }
}

async function textOf({ tree }: { readonly tree: FileTree }, limit: number): Promise<string> {
  const entry = tree.get(treePath('Dockerfile'))
  if (entry?.kind !== 'file') throw new Error('a URL is one file')
  return new TextDecoder().decode(await readSmall(entry, limit))
}
