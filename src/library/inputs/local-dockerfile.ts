import { open } from 'node:fs/promises'
import path from 'node:path'
import { isSystemError, TsbuildError } from '../../errors.ts'
import { limitHint, shownBytes } from '../../limits.ts'
import type { SourceFile } from '../../source.ts'

/** The Dockerfile of a build. */
export interface DockerfileSource {
  readonly source: SourceFile
  /** Where it lies on this machine, absolute: beside it may be an ignore file. Absent when it is no file here. */
  readonly path?: string
}

/** Names that are tried in a context when no `-f` is given. */
export const defaultNames = ['Dockerfile', 'dockerfile', 'Containerfile'] as const

/** What may be meant by a name: `Dockerfile` is also `dockerfile`. */
export function spellings(file: string): readonly string[] {
  return path.basename(file) === 'Dockerfile' ? [file, path.join(path.dirname(file), 'dockerfile')] : [file]
}

/**
 * Reads the Dockerfile of a directory.
 * @param file `-f`: relative to `cwd`, else to the directory
 * @param limit bytes
 * @throws {TsbuildError} TSB_DOCKERFILE_NOT_FOUND, TSB_DOCKERFILE_TOO_LARGE
 */
export async function readLocalDockerfile(
  directory: string,
  file: string | undefined,
  cwd: string,
  limit: number,
): Promise<DockerfileSource> {
  const candidates = localCandidates(directory, file, cwd)
  for (const candidate of candidates) {
    const text = await readFileText(candidate, limit)
    if (text !== undefined) return { source: { name: file ?? path.basename(candidate), text }, path: candidate }
  }
  throw missingDockerfile(file ?? path.join(directory, 'Dockerfile'), hintFor(file, directory, candidates))
}

/** Where it may be, each place once: the first that is there is read. */
export function localCandidates(directory: string, file: string | undefined, cwd: string): readonly string[] {
  if (file === undefined) return defaultNames.map((name) => path.join(directory, name))
  return [...new Set([cwd, directory].flatMap((from) => spellings(path.resolve(from, file))))]
}

/** The error for a Dockerfile that is nowhere. */
export function missingDockerfile(shown: string, hint: string): TsbuildError {
  const message = `failed to read dockerfile: open ${shown}: no such file or directory`
  return new TsbuildError('TSB_DOCKERFILE_NOT_FOUND', message, { hint })
}

/** The error for one that nobody wrote by hand. */
export function tooLarge(name: string, limit: number): TsbuildError {
  return new TsbuildError('TSB_DOCKERFILE_TOO_LARGE', `${name} is larger than ${shownBytes(limit)}`, {
    hint: limitHint('dockerfile-bytes'),
  })
}

async function readFileText(file: string, limit: number): Promise<string | undefined> {
  try {
    await using handle = await open(file)
    const parts: Buffer[] = []
    let length = 0
    // A device or a pipe does not say how much there is to read.
    for (let read = await handle.read(); read.bytesRead > 0; read = await handle.read()) {
      length += read.bytesRead
      if (length > limit) throw tooLarge(file, limit)
      parts.push(read.buffer.subarray(0, read.bytesRead))
    }
    return Buffer.concat(parts).toString()
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return undefined
    if (isSystemError(error, 'EISDIR')) throw directoryAsDockerfile(file)
    throw error
  }
}

function directoryAsDockerfile(file: string): TsbuildError {
  return new TsbuildError('TSB_DOCKERFILE_NOT_FOUND', `${file} is a directory`, {
    hint: `-f names the Dockerfile itself, such as ${path.join(path.basename(file), 'Dockerfile')}; the folder is the last argument`,
  })
}

function hintFor(file: string | undefined, directory: string, candidates: readonly string[]): string {
  if (file !== undefined) return `looked for ${candidates.join(' and ')}`
  return `no ${defaultNames.join(', ')} in ${directory}; name one with -f`
}
