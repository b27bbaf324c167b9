import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import path from 'node:path'
import type { Cache } from '../cache/index.ts'
import { TsbuildError } from '../errors.ts'
import type { LeftFiles } from '../executor/index.ts'
import { makeFolder } from '../make-folder.ts'
import { removeTree, type Store } from '../store/index.ts'
import { placeOf } from './find.ts'
import { formatKept, type KeptRun, keptFolder, mostBytes, recordName } from './kept-run.ts'
import { boundKept, bytesBelow } from './sweep.ts'

/**
 * Keeps what a command left, for an hour. Where that is too much, the oldest goes.
 * @param take puts the files into an empty directory
 * @throws {TsbuildError} TSB_KEPT_TOO_LARGE when it alone is too much
 */
export async function keepRun(
  what: Omit<KeptRun, 'id' | 'files'> & { readonly id?: string },
  take: (folder: string) => Promise<LeftFiles>,
  store: Store,
  cache: Cache,
): Promise<KeptRun> {
  const draft = path.join(await store.temporary('keep'), 'run')
  mkdirSync(draft, { mode: 0o700 })
  const left = await take(draft)
  if (bytesBelow(draft, mostBytes) > mostBytes) {
    await removeTree(draft)
    throw tooLarge()
  }
  const files: KeptRun['files'] =
    left.kind === 'upper' ? left : { kind: 'layer', layer: await cache.layers.recordOf(left.layer) }
  const run: KeptRun = { id: randomBytes(6).toString('hex'), ...what, files }
  writeFileSync(path.join(draft, recordName), formatKept(run), { mode: 0o600 })
  makeFolder(path.join(store.root, keptFolder), 0o700)
  await rename(draft, placeOf(store.root, run.id))
  await rm(path.dirname(draft), { recursive: true, force: true })
  await boundKept(store)
  return run
}

function tooLarge(): TsbuildError {
  return new TsbuildError('TSB_KEPT_TOO_LARGE', 'the command left more than 4 GiB, which are not kept', {
    hint: 'write less, or into what is mounted',
  })
}
