import { type ImageConfig, normalizePlatform, type Platform } from '../image/index.ts'
import type { PlanRequest } from './request.ts'
import { imageOf, type StageState } from './state.ts'
import { withoutSettings } from './unset.ts'

/**
 * The document of the target: what the command line takes away is gone, its labels win, and it is for the platform that was
 * asked for.
 */
export function finishImage(state: StageState, request: PlanRequest): ImageConfig {
  const image = imageOf(state)
  const kept = request.unset ? withoutSettings(image.config ?? {}, request.unset) : image.config
  const labels = request.labels.size > 0 && { Labels: { ...kept?.Labels, ...Object.fromEntries(request.labels) } }
  const { os, architecture, variant, 'os.version': version, ...rest } = image
  const platform = normalizePlatform(request.implicitPlatform ? platformOf(image) : asked(image, request.platform))
  return withoutUndefined({ ...rest, ...platform, config: withoutUndefined({ ...kept, ...labels }) })
}

function asked(image: ImageConfig, platform: Platform): Platform {
  const same = image.os === platform.os && image.architecture === platform.architecture
  return same ? { ...platformOf(image), ...platform } : platform
}

function platformOf({ os, architecture, variant, 'os.version': version }: ImageConfig): Platform {
  return { os, architecture, ...(variant && { variant }), ...(version && { 'os.version': version }) }
}

function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T
}
