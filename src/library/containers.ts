import type { Container } from '../container-options.ts'
import { TsbuildError } from '../errors.ts'
import { tryReference } from '../image/index.ts'
import { findContainer, isOver, type KeptRun, listKept, removeKept, sweepKept } from '../kept/index.ts'
import type { Environment } from '../options.ts'
import { lookingOnly } from './has-store.ts'
import { openSession } from './session.ts'

/** What `runImage` kept, newest first. Nothing of the store is changed. */
export async function listContainers({ root, now }: Environment): Promise<readonly Container[]> {
  return listKept(root)
    .filter((run) => run.kind === 'container' && !isOver(run, now()))
    .map(containerOf)
}

/**
 * Removes what `runImage` kept.
 * @param name its id, the beginning of that of 4 digits or more, or its name
 * @throws {TsbuildError} TSB_CONTAINER_NOT_FOUND, TSB_CONTAINER_AMBIGUOUS, TSB_CONTAINER_IN_USE
 */
export function removeContainer(name: string, environment: Environment): Promise<Container> {
  return lookingOnly(environment, async (place) => {
    await using session = await openSession(place, {})
    await sweepKept(session.store, place.now())
    const kept = findContainer(session.store.root, name)
    if (await removeKept(session.store, kept.id)) return containerOf(kept)
    throw new TsbuildError('TSB_CONTAINER_IN_USE', `${name} is in use`, {
      hint: 'an image is made of it (tsbuild commit): wait until that has ended',
    })
  })
}

function containerOf({ id, name, image, run, created, ended }: KeptRun): Container {
  return {
    id,
    ...(name !== undefined && { name }),
    image: imageText(image?.name ?? ''),
    command: run.op.argv,
    created: new Date(created).toISOString(),
    ...(ended && { ended: new Date(ended.at).toISOString(), exitCode: ended.exitCode }),
  }
}

function imageText(name: string): string {
  return (tryReference(name)?.familiar ?? name).replace(/:latest$/, '')
}
