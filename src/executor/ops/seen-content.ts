import { type Digest, sha256 } from '../../digest/index.ts'
import { type Survey, survey } from '../../tree/index.ts'
import type { ExecutorPorts } from '../ports.ts'
import type { ChosenSource } from './choose.ts'

/**
 * What of a source counts, by `contentOf`, unless the file system says that its files are those of which it is known.
 */
export async function seenContent(
  source: ChosenSource,
  { cache, now }: Pick<ExecutorPorts, 'cache' | 'now'>,
  contentOf: (source: ChosenSource) => Promise<Digest>,
): Promise<Digest> {
  const lookedAt = now()
  const seen = surveyOf(source)
  if (!seen) return contentOf(source)
  const known = await cache.surveys.find(seen)
  if (known) return known
  const id = await contentOf(source)
  await cache.surveys.save(seen, id, lookedAt)
  return id
}

/** Remembers what a source was found to come to, in another way, since it was first looked at. */
export async function rememberContent(
  source: ChosenSource,
  { cache }: Pick<ExecutorPorts, 'cache'>,
  id: Digest,
  lookedAt: number,
): Promise<void> {
  const seen = surveyOf(source)
  if (seen) await cache.surveys.save(seen, id, lookedAt)
}

/** Of all files of a source, with the names by which they were asked for; undefined when they are not of this machine. */
function surveyOf({ files }: ChosenSource): Survey | undefined {
  const parts: (readonly [string, Survey])[] = []
  for (const { tree, entry, name } of files) {
    const part = survey(tree, [entry.path])
    if (!part) return undefined
    parts.push([name, part])
  }
  if (parts.length === 0) return undefined
  return {
    id: sha256(JSON.stringify(parts.map(([name, { id }]) => [name, id]))),
    newest: parts.reduce((latest, [, { newest }]) => (newest > latest ? newest : latest), 0n),
  }
}
