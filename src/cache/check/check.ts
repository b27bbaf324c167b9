import type { Digest } from '../../digest/index.ts'
import { type Finding, type Reading, type StoreLook, useless } from '../../store/index.ts'
import { strangersIn } from '../strangers.ts'
import { checkForms } from './forms.ts'
import { checkRecords, checkShelves } from './texts.ts'
import { checkTrees } from './trees.ts'

export interface CacheLook {
  readonly findings: readonly Finding[]
  /** How many can be read. */
  readonly records: number
}

/** Reads all of `cache/` and `trees/` but what was fetched. Nothing is changed. */
export async function checkCache(root: string, { diffIds }: StoreLook, reading: Reading): Promise<CacheLook> {
  const records = await checkRecords(root, reading)
  const shelves = await checkShelves(root, reading)
  const forms = await checkForms(root, reading)
  const known = new Set<Digest>([...diffIds, ...forms.known, ...records.layers.map(({ diffId }) => diffId)])
  const trees = await checkTrees(root, known, reading)
  const strangers = strangersIn(root).map((name) =>
    useless('cache-stranger', `cache/${name}`, `nothing of tsbuild has the name cache/${name}`),
  )
  return {
    findings: [...strangers, ...records.findings, ...shelves, ...forms.findings, ...trees],
    records: records.layers.length,
  }
}
