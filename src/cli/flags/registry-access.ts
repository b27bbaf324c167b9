import type { RegistryOptions } from '../../index.ts'
import { readMapping } from './pairs.ts'

/** The flags of all commands that ask registries. */
export interface RegistryFlags {
  readonly registryMirror: readonly string[]
  readonly registryAllow: readonly string[]
  readonly insecureRegistry: readonly string[]
}

/** Which registries are asked, and how. Without `--registry-allow` every one may be. */
export function registryAccess(
  flags: RegistryFlags,
): Pick<RegistryOptions, 'registryMirrors' | 'registryAllow' | 'insecureRegistries'> {
  const allowed = flags.registryAllow.flatMap((text) => text.split(','))
  const insecure = flags.insecureRegistry.flatMap((text) => text.split(','))
  return {
    registryMirrors: readMapping('--registry-mirror', flags.registryMirror),
    ...(allowed.length > 0 && { registryAllow: allowed }),
    ...(insecure.length > 0 && { insecureRegistries: insecure }),
  }
}
