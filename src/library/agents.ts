import path from 'node:path'
import type { BuildOptions, Environment } from '../options.ts'
import type { Agents, ServedAgent } from '../ssh/index.ts'

/** The ssh agents that the command line lends. */
export interface LentAgents extends Agents, AsyncDisposable {
  /** The socket of an agent for programs of this machine, until this is disposed of; undefined when nobody gave it. */
  socketOf(id: string): Promise<string | undefined>
}

/**
 * Opens what `--ssh` names; without that nothing is loaded.
 * @param temporary makes a folder for the sockets of programs
 * @throws {TsbuildError} TSB_SSH_AGENT, TSB_SSH_KEY
 */
export async function openLentAgents(
  sources: BuildOptions['ssh'],
  { cwd, env }: Environment,
  temporary: (prefix: string) => Promise<string>,
): Promise<LentAgents> {
  if (!sources?.length) return nobody
  const { openAgents } = await import('../ssh/index.ts')
  const agents = await openAgents(sources, { cwd, env })
  const served = new Map<string, Promise<ServedAgent | undefined>>()
  const serveOne = async (id: string) => agents.serve(id, path.join(await temporary('agent'), 'agent'))
  return {
    serve: agents.serve,
    async socketOf(id) {
      const agent = served.get(id) ?? serveOne(id)
      served.set(id, agent)
      return (await agent)?.path
    },
    async [Symbol.asyncDispose]() {
      for (const agent of served.values()) await (await agent.catch(() => undefined))?.[Symbol.asyncDispose]()
    },
  }
}

const nobody: LentAgents = {
  serve: async () => undefined,
  socketOf: async () => undefined,
  async [Symbol.asyncDispose]() {},
}
