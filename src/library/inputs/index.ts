export { type Fetch, fetcher } from './fetch.ts'
export { type NamedSource, namedSource, plannedContext } from './named.ts'
export { type Inputs, openInputs } from './open.ts'
export type { InputPorts } from './ports.ts'
