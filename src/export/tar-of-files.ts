import { type Header, type Pack, pack } from 'tar-stream'
import {
  type Change,
  type Content,
  type FileEntry,
  parentPath,
  readContent,
  rootPath,
  type TreePath,
  tarOrder,
  treePath,
} from '../tree/index.ts'
import type { LayoutFile } from './layout.ts'
import { digested } from './pack.ts'

const plain = { uid: 0, gid: 0, mtime: 0 } as const

/** A tar of files by their names: the same files give the same bytes. */
export async function* tarOfFiles(files: ReadonlyMap<string, LayoutFile>): AsyncGenerator<Uint8Array, void, undefined> {
  const paths = [...files.keys()].map(treePath)
  const directories = new Set(paths.flatMap(ancestors))
  const changes: Change[] = [...directories].map((path) => ({ kind: 'directory', path, mode: 0o755, ...plain }))
  for (const [name, file] of files) {
    changes.push({
      kind: 'file',
      path: treePath(name),
      mode: 0o644,
      ...plain,
      size: sizeOf(file),
      content: contentOf(file),
    })
  }
  const archive = pack()
  const filled = fill(archive, tarOrder(changes), files).catch((error: Error) => archive.destroy(error))
  try {
    yield* archive as AsyncIterable<Uint8Array>
  } finally {
    archive.destroy()
    await filled
  }
}

/** These are names and numbers that any tar can say, unlike those of layers, which `tree/` writes itself. */
async function fill(archive: Pack, changes: readonly Change[], files: ReadonlyMap<string, LayoutFile>): Promise<void> {
  for (const change of changes) {
    if (change.kind === 'file') await addFile(archive, change, files.get(change.path))
    else if (change.kind === 'directory') archive.entry({ ...headerOf(change), type: 'directory' })
  }
  archive.finalize()
}

async function addFile(archive: Pack, file: FileEntry, of: LayoutFile | undefined): Promise<void> {
  const { promise: done, resolve, reject } = Promise.withResolvers<void>()
  done.catch(() => undefined) // whoever waits for it below gets it
  const sink = archive.entry({ ...headerOf(file), size: file.size }, (error) => (error ? reject(error) : resolve()))
  sink.on('error', () => undefined) // whoever reads the archive gets it
  for await (const piece of bytesOf(file, of)) {
    // One that was destroyed meanwhile, since nobody reads on, would never tell that it has room again.
    if (sink.destroyed) break
    if (!sink.write(piece)) await drainOrClose(sink)
  }
  sink.end(null)
  await done
}

/** No listener stays: there are as many of these waits as pieces. */
function drainOrClose(sink: ReturnType<Pack['entry']>): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      sink.off('drain', done)
      sink.off('close', done)
      resolve()
    }
    sink.on('drain', done)
    sink.on('close', done)
  })
}

function bytesOf(file: FileEntry, of: LayoutFile | undefined): AsyncIterable<Uint8Array> {
  const bytes = readContent(file)
  return of && 'file' in of && of.digest ? digested(bytes, of.file, of.digest) : bytes
}

function headerOf({
  path,
  mode,
}: {
  readonly path: TreePath
  readonly mode: number
}): Partial<Header> & { name: string } {
  return { name: path, mode, uid: 0, gid: 0, mtime: new Date(0) }
}

function ancestors(path: TreePath): readonly TreePath[] {
  const found: TreePath[] = []
  for (let at = parentPath(path); at !== rootPath; at = parentPath(at)) found.push(at)
  return found
}

function sizeOf(file: LayoutFile): number {
  return 'bytes' in file ? file.bytes.length : file.size
}

function contentOf(file: LayoutFile): Content {
  return 'bytes' in file ? { kind: 'bytes', bytes: file.bytes } : { kind: 'host', path: file.file, offset: 0 }
}
