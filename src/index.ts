export { TsbuildError } from './errors.ts'
export type { BuildEvent, EventSink, MissReason, StepId } from './executor/index.ts'
export type { Warning } from './graph/index.ts'
export type { Descriptor, ImageConfig } from './image/index.ts'
export { build } from './library/build.ts'
export { plan } from './library/plan.ts'
export type {
  BuildOptions,
  BuildResult,
  Environment,
  HistoryRow,
  ImageHistory,
  OutputOptions,
} from './options.ts'
export { parse } from './parser/index.ts'
