import { rm } from 'node:fs/promises'
import path from 'node:path'
import { TsbuildError } from '../errors.ts'
import type { Descriptor } from '../image/index.ts'
import type { Environment } from '../options.ts'
import { damagedSuffix, type Finding, isAsSeen, openStore, type Reading, removeTree, setAside } from '../store/index.ts'
import type { StoreFinding } from '../upkeep.ts'
import { openSession } from './session.ts'

/** What came of a finding: undefined where nothing could be done, or not enough. */
interface Outcome {
  readonly mended?: StoreFinding['mended']
  /** What to do now, where that is something else than before. */
  readonly hint?: string
  /** What is still to be fetched. */
  readonly fetch?: Descriptor
}

/**
 * Mends what was found, once for each path, while nobody opens the store: what was touched after it was looked at stays, since
 * it may be whole now. Layers are fetched when the store is open again. Opening the store does what any start does: it sweeps.
 * @throws {TsbuildError} TSB_STORE_BUSY while others have the store open
 */
export async function mendStore(
  found: readonly Finding[],
  environment: Environment,
  reading: Reading,
): Promise<readonly StoreFinding[]> {
  const closed = await mendClosed(found, environment, reading)
  const outcomes = await fetchAll(closed, environment, reading.signal)
  return found.map(({ mend, ...finding }) => {
    const { mended, hint = finding.hint } = outcomes.get(placeOf(mend)) ?? {}
    return { ...finding, hint, ...(mended && { mended }) }
  })
}

/** Outcomes by what is mended, as `placeOf` has it. */
type Outcomes = ReadonlyMap<string, Outcome>

function placeOf(mend: Finding['mend']): string {
  return mend && 'path' in mend ? mend.path : (mend?.kind ?? '')
}

async function mendClosed(found: readonly Finding[], { root, now }: Environment, reading: Reading): Promise<Outcomes> {
  const store = await openStore(root, { now, unseen: true })
  try {
    return await store.whileClosed(async (othersSince) => {
      if (othersSince !== undefined) throw busy(store.root)
      const outcomes = new Map<string, Outcome>()
      for (const finding of found) {
        reading.signal.throwIfAborted()
        const place = placeOf(finding.mend)
        if (!outcomes.has(place)) outcomes.set(place, await mendOne(finding, store.root, reading))
      }
      return outcomes
    })
  } finally {
    await store.close()
  }
}

function busy(root: string): TsbuildError {
  return new TsbuildError('TSB_STORE_BUSY', `others work in the store ${root}`, {
    hint: 'repair it when they have ended',
  })
}

async function mendOne({ mend, level }: Finding, root: string, reading: Reading): Promise<Outcome> {
  if (mend === undefined) return {}
  if (mend.kind === 'start') return { mended: 'removed' }
  const place = path.join(root, mend.path)
  if (!isAsSeen(place, reading)) return { hint: 'it was written to meanwhile: check again' }
  if (mend.kind === 'remove') return (await removeTree(place)) ? { mended: 'removed' } : {}
  await setAside(place)
  if (mend.kind === 'fetch') return { fetch: mend.descriptor }
  return level === 'loss' ? { hint: `it was put aside; ${mend.after}` } : { mended: 'removed' }
}

/** What is damaged stays aside when it cannot be had now: the next build that reads the layer tries again. */
async function fetchAll(outcomes: Outcomes, environment: Environment, signal: AbortSignal): Promise<Outcomes> {
  if (![...outcomes.values()].some(({ fetch }) => fetch)) return outcomes
  await using session = await openSession(environment, { signal })
  const { root, blobs } = session.store
  const fetched = new Map(outcomes)
  for (const [place, { fetch }] of outcomes) {
    if (!fetch) continue
    try {
      await blobs.obtain(fetch)
      await rm(path.join(root, `${place}${damagedSuffix}`), { recursive: true, force: true })
      fetched.set(place, { mended: 'fetched' })
    } catch (error) {
      if (!(error instanceof TsbuildError)) throw error
      fetched.set(place, { hint: `it could not be fetched, and is tried again when it is needed: ${error.message}` })
    }
  }
  return fetched
}
