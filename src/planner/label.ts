import { formatPlatform, normalizePlatform, type Platform } from '../image/index.ts'
import type { StageScope } from './scope.ts'
import type { StageState } from './state.ts'

/** What a label says of where in a stage a step stands. */
type Place = Pick<StageState, 'steps' | 'platform'> & { readonly variables: Pick<StageState['variables'], 'get'> }

/**
 * `[build 2/5] RUN npm ci`: what progress calls the next step of a stage. In a build for several platforms
 * `[linux/arm64 build 2/5]`, and `[linux/amd64->arm64 build 2/5]` where the stage asks what it is to build for.
 */
export function stepLabel(
  { name, total, onbuild, request }: Pick<StageScope, 'name' | 'total' | 'onbuild' | 'request'>,
  place: Place,
  text: string,
): string {
  const steps = String(total)
  const platform = request.severalPlatforms ? `${formatPlatform(place.platform)}${targetOf(place)} ` : ''
  const stage = name === undefined ? '' : `${name} `
  const trigger = onbuild ? 'ONBUILD ' : ''
  return `[${platform}${stage}${String(place.steps + 1).padStart(steps.length)}/${steps}] ${trigger}${text}`
}

/** What the stage knows of the platform that it builds for, when that is another than its own. */
function targetOf({ platform, variables }: Place): string {
  const [given = '', whole = '', variety = ''] = (variables.get('TARGETPLATFORM') ?? '').split('/')
  const os = variables.get('TARGETOS') || given
  const architecture = variables.get('TARGETARCH') || whole
  const variant = variables.get('TARGETVARIANT') || variety
  const target: Platform = normalizePlatform({
    os: os || platform.os,
    architecture: architecture || platform.architecture,
    ...(variant && { variant }),
  })
  if (target.os !== platform.os) return `->${formatPlatform(target)}`
  if (target.architecture === platform.architecture) return ''
  return `->${formatPlatform(target).slice(target.os.length + 1)}`
}

/** The instruction's text with its keyword in capitals. */
export function withUpperKeyword(text: string): string {
  return text.replace(/^\S+/, (keyword) => keyword.toUpperCase())
}
