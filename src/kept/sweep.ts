import { closeSync, existsSync, lstatSync, openSync, readdirSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import path from 'node:path'
import { isSystemError } from '../errors.ts'
import { removeTree, type Store } from '../store/index.ts'
import { lockFile } from '../syscalls/index.ts'
import { idsOfKept, namesInKept, placeOf, readKept } from './find.ts'
import { isOver, type KeptRun, keptFolder, leftAt, mostBytes, mostKept, recordName } from './kept-run.ts'

/** Removes what was kept long enough, what is damaged, and what is nothing that is kept. Costs one look where nothing is kept. @param now milliseconds since 1970 */
export async function sweepKept(store: Store, now: number): Promise<void> {
  if (!existsSync(path.join(store.root, keptFolder))) return
  for (const name of namesInKept(store.root)) {
    const run = readKept(store.root, name)
    if (!run || run.id !== name || isOver(run, now)) await removeKept(store, name)
  }
}

/** Removes the oldest of a kind where there are too many, or where they are too much together. @returns those */
export async function boundKept(store: Store, kind: KeptRun['kind']): Promise<readonly KeptRun[]> {
  const runs = idsOfKept(store.root).flatMap((id) => readKept(store.root, id) ?? [])
  const newestFirst = runs.filter((run) => run.kind === kind).sort((a, b) => leftAt(b) - leftAt(a))
  const removed: KeptRun[] = []
  let bytes = 0
  for (const [at, run] of newestFirst.entries()) {
    if (at > 0 && bytes <= mostBytes) bytes += bytesBelow(placeOf(store.root, run.id), mostBytes + 1)
    const isTooMuch = at >= mostKept[kind] || bytes > mostBytes
    if (isTooMuch && (await removeKept(store, run.id))) removed.push(run)
  }
  return removed
}

/** Removes what is kept unless somebody uses it, and lets nobody use it meanwhile. @returns whether it did */
export async function removeKept(store: Store, id: KeptRun['id']): Promise<boolean> {
  const place = placeOf(store.root, id)
  const release = unusedFromNow(place)
  if (!release) return false
  try {
    const away = path.join(await store.temporary('kept'), id)
    await rename(place, away).catch((error: unknown) => {
      if (!isSystemError(error, 'ENOENT')) throw error
    })
    await removeTree(away)
    return true
  } finally {
    release()
  }
}

/** Undefined when it is in use. What has no record is used by nobody. */
function unusedFromNow(place: string): (() => void) | undefined {
  try {
    const fd = openSync(path.join(place, recordName), 'r')
    const release = () => closeSync(fd)
    if (lockFile(fd, 'exclusive', false)) return release
    release()
    return undefined
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'EISDIR')) return () => {}
    throw error
  }
}

/** Bytes of the files below a directory; looks no further when there are more than `limit`. */
export function bytesBelow(directory: string, limit: number): number {
  const waiting = [Buffer.from(directory)]
  let bytes = 0
  for (let at = waiting.pop(); at !== undefined && bytes <= limit; at = waiting.pop()) {
    for (const entry of readdirSync(at, { withFileTypes: true, encoding: 'buffer' })) {
      const place = Buffer.concat([at, Buffer.from('/'), entry.name])
      if (entry.isDirectory()) waiting.push(place)
      else bytes += lstatSync(place).blocks * 512
    }
  }
  return bytes
}
