export { checkPlan } from './check.ts'
export { isCommitId } from './commit-id.ts'
export { inputsOf, opId } from './inputs.ts'
export { mergeNodes, mergeWarnings } from './merge.ts'
export type {
  ContextOp,
  CopyOp,
  CopySource,
  GitOp,
  HttpOp,
  ImageOp,
  InlineFile,
  LayerOp,
  MkdirOp,
  Mount,
  Op,
  OpId,
  OpOf,
  PinnedImage,
  RunLimits,
  RunOp,
  ScratchOp,
} from './op.ts'
export type { ImagePlan, Node, Plan, PlannedHistory, Warning } from './plan.ts'
export { printPlan } from './print.ts'
export { type StepPlace, stepPlace } from './step-place.ts'
