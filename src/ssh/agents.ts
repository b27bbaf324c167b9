import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import path from 'node:path'
import { isSystemError, TsbuildError } from '../errors.ts'
import type { Agent } from './agent.ts'
import { forwarding, tryConnect } from './forwarding.ts'
import { keyFileLimit, parseKeyFile } from './key-file.ts'
import { keyring } from './keyring.ts'
import { type ServedAgent, serve } from './serve.ts'
import type { SshKey } from './ssh-key.ts'

/** One `--ssh`: the socket of an agent, or private keys. */
export interface AgentSource {
  /** What `RUN --mount=type=ssh,id=` names. */
  readonly id: string
  /** Relative to the working directory; none: the agent of `SSH_AUTH_SOCK`. */
  readonly paths: readonly string[]
}

/** The agents that a build lends to its steps. */
export interface Agents {
  /**
   * Lets the agent of this id answer at a socket; undefined when nobody gave one.
   * @param place absolute path; the folder is for nobody else, the mode of the socket is for whoever calls
   */
  serve(id: string, place: string): Promise<ServedAgent | undefined>
}

/**
 * Reads the keys, and looks whether the sockets are there, so that what is wrong is known before a step runs.
 * @throws {TsbuildError} TSB_SSH_AGENT, TSB_SSH_KEY
 */
export async function openAgents(
  sources: readonly AgentSource[],
  { cwd, env }: { readonly cwd: string; readonly env: Readonly<Record<string, string | undefined>> },
): Promise<Agents> {
  const agents = new Map<string, Agent>()
  for (const { id, paths } of sources) {
    if (agents.has(id))
      throw agentError(`invalid duplicate ID ${id}`, 'give all keys of an id at once: --ssh id=KEY,KEY')
    const given = paths.length > 0 ? paths : [defaultSocket(env)]
    agents.set(id, await openAgent(given.map((file) => path.resolve(cwd, file))))
  }
  return {
    async serve(id, place) {
      const agent = agents.get(id)
      return agent && serve(agent, place)
    },
  }
}

function defaultSocket(env: Readonly<Record<string, string | undefined>>): string {
  const socket = env['SSH_AUTH_SOCK']
  if (socket) return socket
  throw agentError(
    'invalid empty ssh agent socket: SSH_AUTH_SOCK is not set',
    'start one with eval $(ssh-agent) and ssh-add, or give a key: --ssh default=$HOME/.ssh/id_ed25519',
  )
}

async function openAgent(files: readonly string[]): Promise<Agent> {
  const isSocket = await Promise.all(files.map(isSocketFile))
  const [first = ''] = files
  if (isSocket.every((one) => !one)) return keyring(await Promise.all(files.map(readKey)))
  if (files.length === 1) return await openSocket(first)
  if (isSocket.every((one) => one)) throw agentError('only one socket is allowed', 'give each socket an id of its own')
  throw agentError('invalid combination of keys and sockets', 'give the keys an id of their own')
}

async function isSocketFile(file: string): Promise<boolean> {
  try {
    return (await stat(file)).isSocket()
  } catch (error) {
    throw cannotOpen(file, error)
  }
}

async function openSocket(file: string): Promise<Agent> {
  try {
    await tryConnect(file)
  } catch (error) {
    if (!isSystemError(error, 'ECONNREFUSED')) throw cannotOpen(file, error)
    throw agentError(`no ssh agent answers at ${file}`, 'start one with eval $(ssh-agent) and ssh-add')
  }
  return forwarding(file)
}

async function readKey(file: string): Promise<SshKey> {
  let text = ''
  try {
    for await (const chunk of createReadStream(file, { encoding: 'latin1', end: keyFileLimit - 1 })) text += chunk
  } catch (error) {
    throw cannotOpen(file, error)
  }
  return parseKeyFile(file, text)
}

/** The error for people when there is nothing that can be opened; any other as it is. */
function cannotOpen(file: string, error: unknown): unknown {
  if (!isSystemError(error, 'ENOENT', 'EACCES', 'ENOTDIR', 'EISDIR')) return error
  const why = error.code === 'ENOENT' || error.code === 'ENOTDIR' ? 'no such file or directory' : 'it cannot be read'
  return agentError(
    `failed to open ${file} for --ssh: ${why}`,
    'give the socket of an agent or a private key: --ssh default=$SSH_AUTH_SOCK, --ssh default=$HOME/.ssh/id_ed25519',
  )
}

function agentError(message: string, hint: string): TsbuildError {
  return new TsbuildError('TSB_SSH_AGENT', message, { hint })
}
