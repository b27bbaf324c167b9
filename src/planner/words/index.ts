export { type Budget, createBudget } from './budget.ts'
export type { Escape, Expansion } from './expand.ts'
export { expandBody, expandForDisplay, expandWord, expandWords } from './expand.ts'
export { type Lookup, lookupIn } from './lookup.ts'
