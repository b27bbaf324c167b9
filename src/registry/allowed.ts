import { TsbuildError } from '../errors.ts'
import type { Endpoint } from './endpoint.ts'

/** Registries and mirrors that may be asked, as people know them: `docker.io`, `127.0.0.1:5000`. Undefined: all. */
export type Allowed = ReadonlySet<string> | undefined

/**
 * To be called before an endpoint is asked for anything.
 * @throws {TsbuildError} TSB_REGISTRY_NOT_ALLOWED
 */
export function checkAllowed({ host, mirror }: Endpoint, allowed: Allowed): void {
  if (!allowed || allowed.has(host.toLowerCase())) return
  const message = `the ${mirror ? 'mirror' : 'registry'} ${host} may not be asked`
  throw new TsbuildError('TSB_REGISTRY_NOT_ALLOWED', message, {
    hint: `--registry-allow lets only these be asked: ${[...allowed].join(', ') || 'none'}`,
  })
}
