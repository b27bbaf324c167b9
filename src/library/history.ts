import { history as historyOf } from '../history.ts'
import { machinePlatform } from '../image/index.ts'
import type { HistoryOptions, ImageHistory } from '../image-options.ts'
import type { Environment } from '../options.ts'
import { lookingOnly } from './has-store.ts'
import { platformOf } from './platform.ts'
import { openSession } from './session.ts'

/**
 * How an image was made, newest row first: one of the store, `oci-archive:FILE`, `oci-layout://DIR`, `docker-archive:FILE`,
 * else one of a registry, of which only manifest and config are asked for.
 * @throws {TsbuildError} TSB_IMAGE_NOT_FOUND, TSB_PLATFORM_NOT_FOUND, TSB_REGISTRY_…
 */
export function history(name: string, options: HistoryOptions, environment: Environment): Promise<ImageHistory> {
  return lookingOnly(environment, (inStore) => historyIn(name, options, inStore))
}

async function historyIn(name: string, options: HistoryOptions, environment: Environment): Promise<ImageHistory> {
  const machine = machinePlatform(environment.arch)
  await using session = await openSession(environment, options)
  return await historyOf(name, {
    ...session,
    platform: platformOf(options.platform, machine),
    platformGiven: options.platform !== undefined,
    cwd: environment.cwd,
    ...(options.signal && { signal: options.signal }),
  })
}
