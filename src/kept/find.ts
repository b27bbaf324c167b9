import { closeSync, existsSync, openSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { didYouMean, isSystemError, TsbuildError } from '../errors.ts'
import { lockFile } from '../syscalls/index.ts'
import { type KeptRun, keptFolder, leftAt, parseKept, recordName } from './kept-run.ts'

/** All that is kept in a store, newest first; what cannot be read is passed over. */
export function listKept(root: string): readonly KeptRun[] {
  return idsOfKept(root)
    .flatMap((id) => readKept(root, id) ?? [])
    .sort((a, b) => leftAt(b) - leftAt(a))
}

/** Names of the folders of what is kept. */
export function idsOfKept(root: string): readonly string[] {
  return namesInKept(root).filter((name) => /^[0-9a-f]{12}$/.test(name))
}

/** These, and what else is beside them: of an earlier version. */
export function namesInKept(root: string): readonly string[] {
  try {
    return readdirSync(path.join(root, keptFolder))
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return []
    throw error
  }
}

export function readKept(root: string, id: string): KeptRun | undefined {
  try {
    return parseKept(readFileSync(path.join(placeOf(root, id), recordName), 'utf8'))
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'EISDIR')) return undefined
    throw error
  }
}

export function placeOf(root: string, id: string): string {
  return path.join(root, keptFolder, id)
}

/**
 * What `tsbuild run` left, by its name or the beginning of its id.
 * @throws {TsbuildError} TSB_CONTAINER_NOT_FOUND, TSB_CONTAINER_AMBIGUOUS
 */
export function findContainer(root: string, name: string): KeptRun {
  const all = listKept(root).filter(({ kind }) => kind === 'container')
  const named = all.filter((each) => each.name === name)
  const meant = named.length > 0 ? named : all.filter(({ id }) => name.length >= 4 && id.startsWith(name))
  const [found, other] = meant
  if (other) {
    throw new TsbuildError('TSB_CONTAINER_AMBIGUOUS', `${meant.length} containers are ${JSON.stringify(name)}`, {
      hint: `name one by its id: ${meant.map(({ id }) => id).join(', ')}`,
    })
  }
  if (found) return found
  const names = all.flatMap((each) => [each.id, ...(each.name === undefined ? [] : [each.name])])
  throw new TsbuildError('TSB_CONTAINER_NOT_FOUND', `no container ${JSON.stringify(name)} is kept`, {
    hint:
      didYouMean(name, names) ??
      'tsbuild ps lists them: tsbuild run keeps what its command changed for an hour, without --rm',
  })
}

/**
 * Uses what is kept: as long as that lasts nobody removes it.
 * @throws {TsbuildError} TSB_KEPT_GONE
 */
export async function usingKept<T>(root: string, id: string, work: () => Promise<T>): Promise<T> {
  const fd = openRecord(root, id)
  try {
    // It may have been removed between the two.
    if (!lockFile(fd, 'shared', false) || !existsSync(path.join(placeOf(root, id), recordName))) throw gone(id)
    return await work()
  } finally {
    closeSync(fd)
  }
}

function openRecord(root: string, id: string): number {
  try {
    return openSync(path.join(placeOf(root, id), recordName), 'r')
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) throw gone(id)
    throw error
  }
}

function gone(id: string): TsbuildError {
  return new TsbuildError('TSB_KEPT_GONE', `what ${id} left is not kept any more`, {
    hint: 'it is kept for an hour; run it again',
  })
}
