import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { TsbuildError } from '../../errors.ts'
import type { Mount } from '../../graph/index.ts'
import type { OpContext } from '../ops/op-executor.ts'
import type { PreparedMount } from './mount.ts'
import { giveAway } from './owner.ts'

type SshMount = Extract<Mount, { kind: 'ssh' }>

/**
 * The socket of an agent, which answers only while the command runs; nothing when it is optional and nobody gave it.
 * @throws {TsbuildError} TSB_SSH_MISSING
 */
export async function prepareSsh(
  mount: SshMount,
  folder: string,
  { ports }: OpContext,
): Promise<PreparedMount | undefined> {
  await mkdir(folder, { mode: 0o700 })
  const source = path.join(folder, 'agent')
  const agent = await ports.agents.serve(mount.id, source)
  if (!agent) return withoutAgent(mount)
  const release = async () => agent[Symbol.asyncDispose]()
  try {
    await giveAway(source, mount)
  } catch (error) {
    await release()
    throw error
  }
  return {
    target: { path: mount.target, kind: 'file' },
    mount: async (target) => ({ kind: 'bind', source, target, readOnly: true }),
    release,
  }
}

function withoutAgent({ id, required }: SshMount): undefined {
  if (!required) return undefined
  throw new TsbuildError('TSB_SSH_MISSING', `no SSH key ${JSON.stringify(id)} forwarded from the client`, {
    hint: `lend an agent with --ssh ${id}, or a key with --ssh ${id}=FILE`,
  })
}
