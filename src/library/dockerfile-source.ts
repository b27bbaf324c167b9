import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { isSystemError, TsbuildError } from '../errors.ts'
import type { SourceFile } from '../source.ts'

/** The Dockerfile of a build, with where it lies on the host. */
export interface DockerfileSource {
  readonly source: SourceFile
  /** Absolute. */
  readonly path: string
}

/** Names that are tried in the context when no `-f` is given. */
const defaultNames = ['Dockerfile', 'dockerfile', 'Containerfile'] as const
const sizeLimit = 16 * 1024 * 1024

/**
 * Reads the Dockerfile of a context.
 * @param file `-f`: relative to `cwd`, else to the context
 * @throws {TsbuildError} TSB_CONTEXT_NOT_FOUND, TSB_DOCKERFILE_NOT_FOUND, TSB_DOCKERFILE_TOO_LARGE
 */
export async function readDockerfile(
  context: string,
  file: string | undefined,
  cwd: string,
): Promise<DockerfileSource> {
  refuseUnsupported(context, file)
  const directory = path.resolve(cwd, context)
  await expectDirectory(directory, context)
  const candidates =
    file === undefined
      ? defaultNames.map((name) => path.join(directory, name))
      : [path.resolve(cwd, file), path.resolve(directory, file)]
  for (const candidate of candidates) {
    const text = await readText(candidate)
    if (text !== undefined) return { source: { name: file ?? path.basename(candidate), text }, path: candidate }
  }
  throw notFound(file, directory, candidates)
}

/** What Docker takes and tsbuild does not yet. @throws {TsbuildError} TSB_UNSUPPORTED_CONTEXT */
function refuseUnsupported(context: string, file: string | undefined): void {
  const isRemote = /^(https?|git|ssh):\/\/|^git@/.test(context)
  if (!isRemote && context !== '-' && file !== '-') return
  const what = isRemote ? `the URL ${context.replace(/\/\/[^/@]*@/, '//')}` : 'standard input'
  throw new TsbuildError('TSB_UNSUPPORTED_CONTEXT', `this version does not build from ${what}`, {
    hint: 'give a directory as the context, and a file with -f',
  })
}

async function expectDirectory(directory: string, written: string): Promise<void> {
  try {
    if ((await stat(directory)).isDirectory()) return
  } catch (error) {
    if (!isSystemError(error, 'ENOENT', 'ENOTDIR')) throw error
  }
  throw new TsbuildError('TSB_CONTEXT_NOT_FOUND', `unable to prepare context: ${written} is no directory`, {
    hint: 'the last argument is the folder that COPY takes files from, often `.`',
  })
}

async function readText(file: string): Promise<string | undefined> {
  try {
    if ((await stat(file)).size > sizeLimit) {
      throw new TsbuildError('TSB_DOCKERFILE_TOO_LARGE', `${file} is larger than 16 MiB`)
    }
    return await readFile(file, 'utf8')
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return undefined
    if (isSystemError(error, 'EISDIR')) throw new TsbuildError('TSB_DOCKERFILE_NOT_FOUND', `${file} is a directory`)
    throw error
  }
}

function notFound(file: string | undefined, directory: string, candidates: readonly string[]): TsbuildError {
  const shown = file ?? path.join(directory, 'Dockerfile')
  return new TsbuildError(
    'TSB_DOCKERFILE_NOT_FOUND',
    `failed to read dockerfile: open ${shown}: no such file or directory`,
    {
      hint: file
        ? `looked for ${candidates.join(' and ')}`
        : `no ${defaultNames.join(', ')} in ${directory}; name one with -f`,
    },
  )
}
