export { type AgentSource, type Agents, openAgents } from './agents.ts'
export type { ServedAgent } from './serve.ts'
