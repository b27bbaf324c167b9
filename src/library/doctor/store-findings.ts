import { type Facts, finding } from './facts.ts'
import type { Finding } from './report.ts'

/** Less than this is soon used up: bytes, and files. */
const little = { bytes: 1_000_000_000, inodes: 20_000 }

/** Where images are kept, whether that is safe, and how much it takes. */
export function storeFindings({ store }: Facts): readonly Finding[] {
  const { path, failure, fileSystem, mode, layout, lockProblem, reflink } = store
  const facts = {
    path,
    fileSystem,
    ...(mode !== undefined && { mode: mode.toString(8) }),
    ...(layout !== undefined && { layout }),
  }
  if (failure) return [finding('store', 'problem', failure.message, { fix: failure.hint, facts })]
  const about = `the store ${path} can be used (${fileSystem}, mode ${facts.mode}, OCI layout ${layout})`
  return [
    finding('store', 'ok', about, { facts }),
    spaceFinding(store),
    lockProblem === ''
      ? finding('store.locks', 'ok', 'locks of the store keep other processes out')
      : finding('store.locks', 'problem', `locks of the store do not work: ${lockProblem}`, {
          fix: 'TSBUILD_ROOT=DIRECTORY on a file system of this machine',
        }),
    finding(
      'store.reflink',
      'ok',
      reflink ? 'files can share their blocks (reflink)' : 'files are copied whole: no reflink',
    ),
  ]
}

function spaceFinding({ freeBytes, freeInodes }: Facts['store']): Finding {
  const facts = { freeBytes, ...(freeInodes !== undefined && { freeInodes }) }
  const files = freeInodes === undefined ? '' : ` and ${freeInodes} files`
  const room = freeBytes < 1e9 ? `${(freeBytes / 1e6).toFixed(1)}MB` : `${(freeBytes / 1e9).toFixed(1)}GB`
  const text = `${room}${files} are free`
  const isLow = freeBytes < little.bytes || (freeInodes ?? little.inodes) < little.inodes
  if (!isLow) return finding('store.space', 'ok', text, { facts })
  return finding('store.space', 'problem', `only ${text}`, {
    fix: 'tsbuild prune, or TSBUILD_ROOT=DIRECTORY on another disk',
    facts,
  })
}
