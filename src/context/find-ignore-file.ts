import { realpathSync } from 'node:fs'
import { basename, dirname, relative } from 'node:path'
import { isSystemError, TsbuildError } from '../errors.ts'
import type { SourceFile } from '../source.ts'
import { readSmall, resolvePath, treeOfDirectory, treePath } from '../tree/index.ts'

/**
 * The ignore file that counts: `<Dockerfile>.dockerignore` beside the Dockerfile, else `.dockerignore` at the root of the
 * context; the two are never joined. Links are followed inside the context, or inside the Dockerfile's directory when that
 * is elsewhere.
 * @param dockerfile path of the Dockerfile on this machine; absent when it does not come from a file
 * @param linkSteps links that are followed on the way to it
 * @throws {TsbuildError} TSB_IGNORE_FILE when it is no file, or a link that leads nowhere
 */
export async function findIgnoreFile(
  context: string,
  dockerfile?: string,
  linkSteps?: number,
): Promise<SourceFile | undefined> {
  const root = realDirectory(context)
  const own = dockerfile === undefined ? undefined : await readBeside(root, dockerfile, linkSteps)
  return own ?? (root === undefined ? undefined : readFrom(root, '.dockerignore', linkSteps))
}

async function readBeside(
  context: string | undefined,
  dockerfile: string,
  linkSteps: number | undefined,
): Promise<SourceFile | undefined> {
  const directory = realDirectory(dirname(dockerfile))
  if (directory === undefined) return undefined
  const name = `${basename(dockerfile)}.dockerignore`
  const inContext = context === undefined ? '..' : relative(context, `${directory}/${name}`)
  const [root, file] = inContext.startsWith('..') ? [directory, name] : [context ?? directory, inContext]
  return readFrom(root, file, linkSteps)
}

function realDirectory(directory: string): string | undefined {
  try {
    return realpathSync(directory)
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return undefined
    throw error
  }
}

async function readFrom(root: string, name: string, linkSteps: number | undefined): Promise<SourceFile | undefined> {
  const tree = { ...treeOfDirectory(root, { xattrs: 'none' }), linkSteps }
  const path = treePath(name)
  if (resolvePath(tree, path, { followLast: false }).entry === undefined) return undefined
  const { entry, link } = resolvePath(tree, path, { followLast: true })
  if (entry?.kind === 'file') return { name, text: new TextDecoder().decode(await readSmall(entry, sizeLimit)) }
  const what = link ? `is a link to ${link.target}: no file inside ${root}` : 'is no file'
  throw new TsbuildError('TSB_IGNORE_FILE', `${root}/${name} ${what}`)
}

/** Bytes. */
const sizeLimit = 16 * 1024 * 1024
