import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Environment } from '../options.ts'

/** Where nothing is, nothing has to be made to see that. */
export function hasStore({ root }: Environment): boolean {
  return existsSync(root)
}

/** Without images all that a build stands on is elsewhere. */
export function hasImages({ root }: Environment): boolean {
  return existsSync(path.join(root, 'oci', 'index.json'))
}

/** For who only looks: works with an empty store that is removed, in place of one that would have to be made. */
export async function lookingOnly<T>(
  environment: Environment,
  work: (environment: Environment) => Promise<T>,
): Promise<T> {
  await using place = await lookingPlace(environment)
  return await work(place.environment)
}

/** The same for who looks longer. */
export async function lookingPlace(
  environment: Environment,
): Promise<AsyncDisposable & { readonly environment: Environment }> {
  if (hasStore(environment)) return { environment, async [Symbol.asyncDispose]() {} }
  const root = await mkdtemp(path.join(tmpdir(), 'tsbuild-empty-'))
  return {
    environment: { ...environment, root },
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  }
}
