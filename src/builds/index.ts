export type { BuildRecord, ImageRecord, LayerRecord, StepRecord } from './record.ts'
