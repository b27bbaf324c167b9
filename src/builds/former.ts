import { readFile } from 'node:fs/promises'
import { isSystemError } from '../errors.ts'
import type { Node } from '../graph/index.ts'
import { placeText, withoutPlace } from './compare.ts'
import { buildNumbers, recordFile } from './files.ts'
import type { BuildRecord } from './record.ts'
import { readBuild } from './shelf.ts'

/** What the last build of a Dockerfile had in the place of a step. */
export type FormerSteps = (
  node: Pick<Node, 'label'>,
) => Promise<{ readonly before: string; readonly now: string } | undefined>

/**
 * Looks into the newest record of the same Dockerfile when first asked.
 * @param labels of all steps of this build: an instruction that only moved is no former one
 */
export function formerSteps(
  root: string,
  of: { readonly context: string; readonly dockerfile: string },
  labels: () => readonly string[],
): FormerSteps {
  let steps: Promise<ReadonlyMap<string, string>> | undefined
  let present: ReadonlySet<string> | undefined
  return async ({ label }) => {
    const place = placeText(label)
    if (place === undefined) return undefined
    steps ??= stepsOfLast(root, of)
    present ??= new Set(labels().map(withoutPlace))
    const [before, now] = [(await steps).get(place), withoutPlace(label)]
    return before === undefined || before === now || present.has(before) ? undefined : { before, now }
  }
}

async function stepsOfLast(
  root: string,
  { context, dockerfile }: { readonly context: string; readonly dockerfile: string },
): Promise<ReadonlyMap<string, string>> {
  for (const number of buildNumbers(root)) {
    if (!(await mentions(root, number, context))) continue
    const build = await readBuild(root, number)
    if (build && build.context === context && build.dockerfile?.path === dockerfile && hasSteps(build)) {
      return new Map(build.steps.map(({ label }) => [placeText(label) ?? '', withoutPlace(label)]))
    }
  }
  return new Map()
}

function hasSteps({ steps }: BuildRecord): boolean {
  return steps.some(({ kind }) => kind !== 'internal')
}

/** A quick look, before all of it is read and checked. */
async function mentions(root: string, number: number, context: string): Promise<boolean> {
  try {
    return (await readFile(recordFile(root, number), 'utf8')).includes(JSON.stringify(context))
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES')) return false
    throw error
  }
}
