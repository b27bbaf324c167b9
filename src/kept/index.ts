export { checkKept } from './check.ts'
export { findContainer, idsOfKept, listKept, placeOf, readKept, usingKept } from './find.ts'
export { type HeldRun, keepRun } from './keep.ts'
export { keptLayer, upperOf } from './kept-layer.ts'
export { type BuildOrigin, isOver, type KeptRun, keptFolder, mostKept, type RunHow } from './kept-run.ts'
export {
  type DoneStep,
  layersAfter,
  type NotedStep,
  type NotedSteps,
  nearestRun,
  noteSteps,
  readSteps,
} from './noted-steps.ts'
export { removeKept, sweepKept } from './sweep.ts'
