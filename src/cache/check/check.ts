import type { Digest } from '../../digest/index.ts'
import type { Finding, Reading, StoreLook } from '../../store/index.ts'
import { checkForms } from './forms.ts'
import { checkRecords, checkShelves } from './texts.ts'
import { checkTrees } from './trees.ts'

export interface CacheLook {
  readonly findings: readonly Finding[]
  /** How many can be read. */
  readonly records: number
}

/** Reads all of `cache/` and `trees/` that belongs to layers and steps. Nothing is changed. */
export async function checkCache(root: string, { diffIds }: StoreLook, reading: Reading): Promise<CacheLook> {
  const records = await checkRecords(root, reading)
  const shelves = await checkShelves(root, reading)
  const forms = await checkForms(root, reading)
  const known = new Set<Digest>([...diffIds, ...forms.known, ...records.layers.map(({ diffId }) => diffId)])
  const trees = await checkTrees(root, known, reading)
  return {
    findings: [...records.findings, ...shelves, ...forms.findings, ...trees],
    records: records.layers.length,
  }
}
