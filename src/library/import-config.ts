import { TsbuildError } from '../errors.ts'
import type { ContainerConfig, Platform } from '../image/index.ts'
import { planImage } from '../plan-image.ts'
import { planRequest } from './plan-request.ts'

/**
 * The settings that Dockerfile instructions give an imported image: `CMD ["sh"]`, `ENV A=1`.
 * @throws {TsbuildError} TSB_IMPORT_CHANGE for an instruction that changes files, and those of parsing
 */
export async function configFrom(changes: readonly string[], platform: Platform): Promise<ContainerConfig | undefined> {
  if (changes.length === 0) return undefined
  const source = { name: '--change', text: ['FROM scratch', ...changes, ''].join('\n') }
  const request = { ...planRequest({}, new Map(), platform.architecture), platform, buildPlatform: platform }
  const { image, nodes } = await planImage(source, request, { resolve: async () => Promise.reject(filesError()) })
  if (nodes.some((node) => node.op.kind !== 'scratch')) throw filesError()
  return image.config.config
}

function filesError(): TsbuildError {
  return new TsbuildError('TSB_IMPORT_CHANGE', 'an imported image can only be given settings', {
    hint: 'use CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, USER, VOLUME, STOPSIGNAL, HEALTHCHECK or ONBUILD',
  })
}
