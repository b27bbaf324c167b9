export type { StepLog } from './log/block.ts'
export { reportPage } from './report.ts'
