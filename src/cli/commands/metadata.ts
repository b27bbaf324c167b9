import { randomBytes } from 'node:crypto'
import type { BuildResult } from '../../index.ts'
import { warningStatuses } from '../views/warning-status.ts'

/**
 * What `--metadata-file` gets, with the keys of buildx. An index has no config. No provenance, since none is made; warnings only when
 * `BUILDX_METADATA_WARNINGS` asks for them, as there.
 */
export function buildMetadata(
  { id, manifest, names, pushed, platform, warnings }: BuildResult,
  env: Readonly<Record<string, string | undefined>>,
): object {
  return {
    'buildx.build.ref': `tsbuild/tsbuild/${newReference()}`,
    ...(isTrue(env['BUILDX_METADATA_WARNINGS']) && { 'buildx.build.warnings': warningStatuses(warnings) }),
    ...(platform && { 'containerimage.config.digest': id }),
    'containerimage.descriptor': platform ? { ...manifest, platform: manifest.platform ?? platform } : manifest,
    'containerimage.digest': manifest.digest,
    ...(names.length + pushed.length > 0 && { 'image.name': [...names, ...pushed].join(',') }),
  }
}

/** Names this build among all: 25 letters and digits, as buildx has them. */
function newReference(): string {
  return Array.from(randomBytes(25), (byte) => (byte % 36).toString(36)).join('')
}

function isTrue(text: string | undefined): boolean {
  return ['1', 't', 'true'].includes((text ?? '').toLowerCase())
}
