import { join } from 'node:path'
import type { Digest } from '../../digest/index.ts'
import { type Finding, namesIn, type Reading, see, statOf, useless } from '../../store/index.ts'
import { holdsLayer } from '../holds-layer.ts'
import { openIndexShelf } from '../index-shelf.ts'
import { layerPlaces } from '../layer-places.ts'

/**
 * Holds the directories of layers against what their indexes say; each file is read.
 * @param known the diff ids of all layers that something is known of
 */
export async function checkTrees(
  root: string,
  known: ReadonlySet<Digest>,
  reading: Reading,
): Promise<readonly Finding[]> {
  const owners = treeNames(root, known)
  const indexes = openIndexShelf(join(root, 'cache/layers'), readsOnly)
  const findings: Finding[] = []
  for (const name of await namesIn(join(root, 'trees'))) {
    const [path, owner] = [`trees/${name}`, owners.get(name)]
    see(join(root, path), reading)
    if (!owner) findings.push(useless('tree-stranger', path, `${path} belongs to no layer that is known`))
    else if (!(await statOf(join(root, path)))?.isDirectory()) {
      findings.push(useless('tree-damaged', path, `${path} is no directory`))
    } else {
      const index = indexes.open(owner.diffId)
      if (!index?.isWhole()) continue
      const { marks } = owner
      const problem = await holdsLayer(join(root, path), marks, index, 'more', reading)
      if (problem !== undefined)
        findings.push(useless('tree-damaged', path, `${path} is not its layer any more: ${problem}`))
    }
  }
  return findings
}

async function readsOnly(): Promise<never> {
  throw new Error('a check writes nothing')
}

function treeNames(root: string, known: ReadonlySet<Digest>) {
  const forms = (['trusted', 'user'] as const).map((marks) => ({ marks, places: layerPlaces(root, marks) }))
  const begin = join(root, 'trees/').length
  return new Map(
    [...known].flatMap((diffId) =>
      forms.map(({ marks, places }) => [places.directory(diffId).slice(begin), { diffId, marks }] as const),
    ),
  )
}
