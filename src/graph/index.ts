export { checkPlan } from './check.ts'
export { inputsOf, opId } from './inputs.ts'
export type {
  ContextOp,
  CopyOp,
  CopySource,
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
export { historyComment, type ImagePlan, type Node, type Plan, type PlannedHistory, type Warning } from './plan.ts'
export { printPlan } from './print.ts'
