import { createWriteStream, lstatSync, statSync } from 'node:fs'
import path from 'node:path'
import { isSystemError, TsbuildError } from '../../errors.ts'
import { exportTree, exportTreeTar, writeStream } from '../../export/index.ts'
import { cutOut, type Located } from '../../look/index.ts'
import type { Extracted, ExtractOptions } from '../../look-options.ts'
import type { Environment } from '../../options.ts'
import {
  absolutePath,
  baseName,
  overlay,
  readContent,
  rootPath,
  type TreePath,
  treeOfEntries,
  treePath,
} from '../../tree/index.ts'
import { lookingPlace } from '../has-store.ts'
import { fileAt, located } from './open-image.ts'
import { openLookSession, type SeenImage, seeImage } from './seen-image.ts'

/**
 * Takes a file or a directory out of an image. Of a file no layer is read below the one that has it. On disk all belongs to
 * who runs this, and links of the image lead nowhere while it is written.
 * @throws {TsbuildError} TSB_IMAGE_PATH, TSB_IMAGE_PATH_KIND, TSB_EXPORT_… and those of `openImage`
 */
export async function extract(
  name: string,
  asked: string,
  options: ExtractOptions,
  environment: Environment,
): Promise<Extracted> {
  const { dest, ...looking } = options
  await using place = await lookingPlace(environment)
  await using session = await openLookSession(place.environment, looking)
  const image = await seeImage(name, looking, session, environment)
  const found = await located(asked, name, image)
  const call = { image, found, name, lastPiece: baseName(treePath(asked)), options, environment }
  return await (found.entry.kind === 'directory' ? directory(call) : file(call))
}

interface Call {
  readonly image: SeenImage
  readonly found: Located
  readonly name: string
  /** Of the path that was asked for; '' of the root. */
  readonly lastPiece: string
  readonly options: ExtractOptions
  readonly environment: Environment
}

async function file({ image, found, name, lastPiece, options, environment }: Call): Promise<Extracted> {
  const entry = await fileAt(found, name, image)
  const { dest, signal } = options
  if (dest === '-') {
    await writeStream(environment.stdout, readContent(entry), signal)
    return { kind: 'file', skipped: [] }
  }
  const asked = dest === undefined ? placeHere(lastPiece, environment) : path.resolve(environment.cwd, dest)
  const target = isDirectory(asked) || dest?.endsWith('/') ? path.join(asked, lastPiece) : asked
  if (isDirectory(target)) throw isInTheWay(target)
  if (isDevice(target)) {
    await writeStream(createWriteStream(target), readContent(entry), signal)
    return { kind: 'file', dest: target, skipped: [] }
  }
  const alone = treeOfEntries([{ ...entry, path: treePath(path.basename(target)) }])
  await exportTree(alone, path.dirname(target), signal)
  return { kind: 'file', dest: target, skipped: [] }
}

async function directory({ image, found, lastPiece, options, environment }: Call): Promise<Extracted> {
  const { dest, signal } = options
  const tree = cutOut(overlay(await image.openAll()), found.path)
  if (dest === '-') {
    await exportTreeTar(tree, lastPiece as TreePath, { kind: 'stream', stream: environment.stdout }, signal)
    return { kind: 'directory', skipped: [] }
  }
  if (dest === undefined && lastPiece === rootPath) throw noPlace()
  const target = dest === undefined ? placeHere(lastPiece, environment) : path.resolve(environment.cwd, dest)
  const { skipped } = await exportTree(tree, target, signal)
  return { kind: 'directory', dest: target, skipped: skipped.map(absolutePath) }
}

/** A name that nobody chose takes the place of nothing. */
function placeHere(name: string, { cwd }: Environment): string {
  const place = path.resolve(cwd, name)
  if (lstatSync(place, { throwIfNoEntry: false })) {
    throw new TsbuildError('TSB_EXPORT_DEST', `${place} is there already`, { hint: 'say by -o where to write' })
  }
  return place
}

function isDirectory(place: string): boolean {
  try {
    return statSync(place).isDirectory()
  } catch (error) {
    // Whoever writes there says what is wrong with it.
    if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP', 'ENAMETOOLONG')) return false
    throw error
  }
}

/** What is written to and not replaced: a device, or a pipe that has a name. */
function isDevice(place: string): boolean {
  const stats = statSync(place, { throwIfNoEntry: false })
  return stats?.isCharacterDevice() || stats?.isBlockDevice() || stats?.isFIFO() || false
}

function isInTheWay(target: string): TsbuildError {
  return new TsbuildError('TSB_EXPORT_DEST', `${target} is a directory`, { hint: 'name a file with -o' })
}

function noPlace(): TsbuildError {
  return new TsbuildError('TSB_EXPORT_DEST', 'all files of an image need a place', { hint: 'name a directory with -o' })
}
