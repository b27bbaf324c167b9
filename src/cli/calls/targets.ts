import type { Found, Target } from '../../index.ts'
import { table } from '../text/table.ts'
import { oneLine } from '../views/step.ts'
import { dataJson, locationJson } from './location.ts'

type Targets = Found<readonly Target[]>

/**
 * Targets in the form of BuildKit's `targets.List`.
 * @see https://github.com/moby/buildkit/blob/master/frontend/subrequests/targets/targets.go
 */
export function targetsJson({ dockerfile, found }: Targets): object {
  return {
    targets: found.map(({ name, default: isDefault, description, base, platform, at }) => ({
      name,
      ...(isDefault && { default: true }),
      description,
      base,
      platform,
      location: locationJson(at),
    })),
    sources: [dataJson(dockerfile)],
  }
}

/** The same as buildx prints it. */
export function targetsText({ found }: Targets): string {
  const rows = found.map((target) => [nameOf(target), oneLine(target.description ?? '')])
  return table([['TARGET', 'DESCRIPTION'], ...rows], { gap: 3, least: 0 })
}

function nameOf({ name = '', default: isDefault }: Target): string {
  return isDefault ? `${name} (default)`.trim() : name
}
