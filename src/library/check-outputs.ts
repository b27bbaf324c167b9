import { TsbuildError } from '../errors.ts'
import { formatPlatform, machinePlatform } from '../image/index.ts'
import type { BuildOptions, Environment } from '../options.ts'
import { checkAnnotations } from './annotations.ts'
import { planRequests } from './plan-request.ts'

/**
 * Refuses what could not be written in the end, before a step runs.
 * @throws {TsbuildError} TSB_EXPORT_INDEX, TSB_ANNOTATION_INDEX, TSB_ANNOTATION_PLATFORM, TSB_PLATFORM_FORMAT
 */
export function checkOutputs(options: BuildOptions, { arch }: Environment): void {
  const requests = planRequests(options, new Map(), arch)
  const isIndex = requests[0].severalPlatforms === true
  checkAnnotations(options, isIndex ? requests.map(({ platform }) => platform) : undefined)
  if (!isIndex || !options.outputs?.some(({ type }) => type === 'docker' || type === 'engine')) return
  const machine = formatPlatform(machinePlatform(arch))
  throw new TsbuildError('TSB_EXPORT_INDEX', 'docker exporter does not currently support exporting manifest lists', {
    hint: `build one platform (--platform ${machine}), or write type=oci, which docker load takes where Docker keeps its images in containerd`,
  })
}
