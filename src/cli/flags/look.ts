import type { LookOptions } from '../../index.ts'
import type { Session } from '../session.ts'
import { readLimits } from './limit.ts'
import { type RegistryFlags, registryAccess } from './registry-access.ts'

/** The flags of all commands that look into images. */
export interface LookFlags extends RegistryFlags {
  readonly platform?: string
  readonly limit: readonly string[]
}

export function lookOptions(flags: LookFlags, { environment, signal }: Session): LookOptions {
  const limits = readLimits(flags.limit, environment.env)
  return {
    ...(flags.platform !== undefined && { platform: flags.platform }),
    ...(limits && { limits }),
    ...registryAccess(flags),
    signal,
  }
}
