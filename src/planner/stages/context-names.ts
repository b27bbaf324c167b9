import type { PlanRequest } from '../request.ts'

/** What progress calls the loading of a named context. */
export function contextLabel(name: string, { namedContexts }: PlanRequest): string {
  const context = namedContexts.get(name)
  if (context?.kind === 'git') return `[internal] load git source ${context.shown}`
  return context?.kind === 'http' ? `[context ${name}] ${context.shown}` : `[context ${name}] load from client`
}

/** What BuildKit calls the layer that the files of a named context are. */
export function contextLayer(name: string, { namedContexts }: PlanRequest): string {
  const context = namedContexts.get(name)
  if (context?.kind === 'git') return `git snapshot for ${context.shown}`
  return context?.kind === 'http' ? `http url ${context.shown}` : `local source for ${name}`
}
