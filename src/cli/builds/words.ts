import type { BuildDifference, BuildRecord, StepRecord } from '../../index.ts'

/** `0.4s`, `1m 31s`, `2h 5m`. */
export function durationText(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000
  if (seconds < 59.95) return `${seconds.toFixed(1)}s`
  const whole = Math.round(seconds)
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${whole % 60}s`
  return `${Math.floor(whole / 3600)}h ${Math.floor((whole % 3600) / 60)}m`
}

export function statusText(status: BuildRecord['status']): string {
  return { completed: 'Completed', error: 'Error', canceled: 'Canceled' }[status]
}

/** Steps that make a layer, and those of them that were in the cache, with the milliseconds that they once took. */
export function stepCounts({ steps }: Pick<BuildRecord, 'steps'>) {
  const layers = steps.filter(makesLayer)
  const hits = layers.filter(({ outcome }) => outcome === 'cached')
  return {
    total: layers.length,
    begun: layers.filter(({ outcome }) => outcome !== 'not-run').length,
    cached: hits.length,
    saved: hits.reduce((sum, { saved = 0 }) => sum + saved, 0),
  }
}

export function makesLayer({ kind }: Pick<StepRecord, 'kind'>): boolean {
  return kind === 'copy' || kind === 'run' || kind === 'mkdir'
}

/** `another target: (none)`; '' for nothing. */
export function differencesText(build: BuildRecord, differs: readonly BuildDifference[] = []): string {
  const values = {
    dockerfile: ['another Dockerfile', build.dockerfile?.path],
    target: ['another target', build.target],
    platforms: ['other platforms', build.platforms.join(', ') || undefined],
  } as const
  return differs
    .map((difference) => values[difference])
    .map(([words, value]) => `${words}: ${value ?? '(none)'}`)
    .join('; ')
}

/** Milliseconds that a step took in its build; none when it was found in the cache or did not begin. */
export function stepTime({ started, completed, outcome }: StepRecord): number | undefined {
  if (started === undefined || completed === undefined || outcome === 'cached') return undefined
  return completed - started
}
