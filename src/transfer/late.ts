import type { layoutSource as LayoutSource } from './layout.ts'

/** What reads and writes archives is loaded for who names one: a registry needs none of it. */
export const layoutSource: typeof LayoutSource = async (...asked) =>
  (await import('./layout.ts')).layoutSource(...asked)
