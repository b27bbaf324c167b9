export { type Budget, createBudget, type WordLimits } from './budget.ts'
export type { Escape, Expansion } from './expand.ts'
export { expandBody, expandForDisplay, expandWord, expandWords } from './expand.ts'
export { type Lookup, lookupIn } from './lookup.ts'
