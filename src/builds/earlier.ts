import type { BuildRecord } from './record.ts'

/** In what two builds of one context are not alike. */
export type BuildDifference = 'dockerfile' | 'target' | 'platforms'

export interface EarlierBuild {
  readonly build: BuildRecord
  /** Empty for one that was asked for the same. */
  readonly differs: readonly BuildDifference[]
}

/**
 * The builds of the same context before a build: those of the same Dockerfile, target and platforms, then the others; of each
 * the newest first.
 */
export function earlierBuilds(build: BuildRecord, builds: readonly BuildRecord[]): readonly EarlierBuild[] {
  const before = builds
    .filter(({ number, context }) => number < build.number && context === build.context)
    .sort((a, b) => b.number - a.number)
    .map((earlier) => ({ build: earlier, differs: differencesOf(earlier, build) }))
  const [alike, others] = [before.filter(isAlike), before.filter((earlier) => !isAlike(earlier))]
  return [...alike, ...others]
}

function isAlike({ differs }: EarlierBuild): boolean {
  return differs.length === 0
}

/** What a build of a context was asked for. */
export interface AskedBuild {
  readonly dockerfile?: { readonly path: string } | undefined
  readonly target?: string | undefined
  readonly platforms: readonly string[]
}

/** Nothing for the same build. */
export function differencesOf(a: AskedBuild, b: AskedBuild): readonly BuildDifference[] {
  return [
    ...(a.dockerfile?.path === b.dockerfile?.path ? [] : (['dockerfile'] as const)),
    ...(a.target === b.target ? [] : (['target'] as const)),
    ...(platformsOf(a) === platformsOf(b) ? [] : (['platforms'] as const)),
  ]
}

/** The order in which they are asked for makes no other build. */
function platformsOf({ platforms }: AskedBuild): string {
  return [...platforms].sort().join()
}
