export type { Diagram, DiagramNode } from './diagram/diagram.ts'
export { type DrawingFormat, draw, drawingFormats } from './draw.ts'
export type { StepLog } from './log/block.ts'
export { reportPage } from './report.ts'
