import { type ImageConfig, normalizePlatform, type Platform } from '../image/index.ts'
import type { PlanRequest } from './request.ts'

/** The document of the target: labels of the command line win, and it is for the platform that was asked for. */
export function finishImage(image: ImageConfig, request: PlanRequest): ImageConfig {
  const labels = request.labels.size > 0 && {
    Labels: { ...image.config?.Labels, ...Object.fromEntries(request.labels) },
  }
  const { os, architecture, variant, 'os.version': version, ...rest } = image
  const platform = normalizePlatform(request.implicitPlatform ? platformOf(image) : asked(image, request.platform))
  return withoutUndefined({ ...rest, ...platform, config: withoutUndefined({ ...image.config, ...labels }) })
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
