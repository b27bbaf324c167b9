export { adviceOn, adviceOnStart, causes } from './advice.ts'
export type { Advice, Clue } from './clue.ts'
