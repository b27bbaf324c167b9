import type { ContainerConfig } from '../image/index.ts'
import type { UnsetSettings } from './request.ts'
import { splitVariable } from './variables.ts'

/** The settings of an image without those that the command line takes away; a list or map that gets empty goes with them. */
export function withoutSettings(config: ContainerConfig, unset: UnsetSettings): ContainerConfig {
  const { Env, Labels, Volumes, ExposedPorts, Healthcheck, ...rest } = config
  const variables = Env?.filter((entry) => !unset.variables?.includes(splitVariable(entry)[0]))
  return {
    ...rest,
    ...(variables?.length && { Env: variables }),
    ...member('Labels', Labels, unset.labels),
    ...member('Volumes', Volumes, unset.volumes),
    ...member('ExposedPorts', ExposedPorts, unset.ports),
    ...(Healthcheck && !unset.healthcheck && { Healthcheck }),
  }
}

function member<T>(name: string, map: Readonly<Record<string, T>> | undefined, taken: readonly string[] = []) {
  const kept = Object.entries(map ?? {}).filter(([key]) => !taken.includes(key))
  return kept.length > 0 && { [name]: Object.fromEntries(kept) }
}
