import { accessSync, closeSync, constants, existsSync } from 'node:fs'
import { TsbuildError } from '../../errors.ts'
import { makePipe, startProcess } from '../../syscalls/index.ts'
import { watch, withNothing } from './child.ts'
import { connectionOf } from './connection.ts'
import { type Connection, type Launch, launch, type Work } from './launch.ts'
import type { Machine } from './machine.ts'
import { endOf, readerOf } from './pipes.ts'
import { type ProbeCache, remembered } from './probe-cache.ts'
import type { SandboxSpec } from './sandbox.ts'
import { preamble } from './script.ts'
import type { Tools } from './tools.ts'

/** How steps reach the network on this machine. */
export interface StepNetwork {
  /** For a step that gets a network namespace with a way out: how to make that way. */
  connectorFor(network: SandboxSpec['network']): Launch['connect']
  /** True when a step can be put into the network namespace of an earlier one. */
  readonly servesAgain: boolean
  resolvConf(network: SandboxSpec['network'], host: string): string
}

/** The address at which user-mode networking answers for the resolver of the host. */
const innerResolver = '10.0.2.3'

/** Milliseconds for the way out to be there. */
const patience = 10_000

/**
 * User-mode networking by slirp4netns, probed once by making one; the network of the host, with a notice, where that fails.
 */
export async function openNetwork(
  tools: Tools,
  machine: Machine,
  cache: ProbeCache,
  notice: (message: string) => void,
): Promise<StepNetwork> {
  const { problem, confined, hindrance } = await tryNetwork(tools, machine, cache)
  if (problem === '') return networkWith(connectorOf(tools, machine, confined), hindrance === '')
  notice(`steps use the network of this machine, its loopback and abstract sockets among it: ${problem}`)
  return networkWith(undefined)
}

/** What was found of user-mode networking; `''` is nothing in the way. */
export interface NetworkTrial {
  readonly problem: string
  /** What has to be there first, and is not. */
  readonly lacking?: 'program' | 'device' | 'permission'
  /** True when slirp4netns shuts itself in: without the machine's files, with a filter for system calls. */
  readonly confined: boolean
  /** Why a namespace of an earlier step cannot serve again. */
  readonly hindrance: string
}

export async function tryNetwork(tools: Tools, machine: Machine, cache: ProbeCache): Promise<NetworkTrial> {
  // Cheap to see, and what is there tomorrow may be missing today: no answer of theirs is kept.
  if (!tools.find('slirp4netns')) return without('slirp4netns is not installed', 'program')
  if (!existsSync(tunDevice)) return without(`${tunDevice} is missing`, 'device')
  if (!canUse(tunDevice)) return without(`${tunDevice} may not be opened by this user`, 'permission')
  const ask = (question: string, probe: () => Promise<string>) =>
    remembered(cache, `${question} ${machine.fingerprint}`, probe)
  const confined = (await ask('network confined', () => probe(tools, machine, true))) === ''
  const problem = confined ? '' : await ask('network', () => probe(tools, machine, false))
  if (problem !== '') return without(problem)
  const hindrance = await ask(`network again ${confined}`, () => probeAgain(tools, machine, confined))
  return { problem, confined, hindrance }
}

/** What user-mode networking makes its device by. */
const tunDevice = '/dev/net/tun'

function without(problem: string, lacking?: NetworkTrial['lacking']): NetworkTrial {
  return { problem, confined: false, hindrance: problem, ...(lacking && { lacking }) }
}

/** The network of the host for every step that wants one. */
export function networkWith(connector: Launch['connect'], servesAgain = false): StepNetwork {
  return {
    servesAgain,
    connectorFor: (network) => (network === 'default' ? connector : undefined),
    resolvConf(network, host) {
      if (network === 'none') return ''
      if (network === 'host' || !connector) return host
      const kept = host.split('\n').filter((row) => /^\s*(search|domain|options)\s/.test(row))
      return [...kept, `nameserver ${innerResolver}`, ''].join('\n')
    },
  }
}

/** What is in the way, or nothing. */
function probe(tools: Tools, machine: Machine, confined: boolean): Promise<string> {
  return tried(tools, machine, { namespaces: ['--net'], connect: connectorOf(tools, machine, confined) })
}

/** What keeps a step from the namespace of an earlier one, or nothing. */
async function probeAgain(tools: Tools, machine: Machine, confined: boolean): Promise<string> {
  if (!tools.find('nsenter')) return 'nsenter is not installed'
  let connected: Connection | undefined
  const problem = await tried(tools, machine, {
    namespaces: ['--net'],
    connect: connectorOf(tools, machine, confined),
    keep(connection) {
      connected = connection
    },
  })
  if (problem !== '') return problem
  if (connected?.isFresh()) return tried(tools, machine, { namespaces: ['--pid'], connected })
  connected?.close()
  return 'its namespace cannot be named'
}

/** Runs a script that does nothing. */
async function tried(
  tools: Tools,
  machine: Machine,
  way: Omit<Launch & Work, 'script' | 'args' | 'cwd'>,
): Promise<string> {
  const what = { ...way, script: `${preamble}\ngo\n`, args: [], cwd: '/' }
  try {
    const { started, complaints } = await launch(tools, machine, what, () => {}, AbortSignal.timeout(patience))
    return started ? '' : complaints || 'it does not start'
  } catch (error) {
    if (error instanceof Error) return error.message
    throw error
  }
}

function canUse(device: string): boolean {
  try {
    accessSync(device, constants.R_OK | constants.W_OK)
    return true
  } catch {
    return false // whatever the reason, the network of the host is used
  }
}

function connectorOf(tools: Tools, machine: Machine, confined: boolean): NonNullable<Launch['connect']> {
  const options = confined ? [...slirpOptions, ...confinement] : slirpOptions
  return (pid, signal) => connect(pid, startSlirp(tools, machine, [...options, String(pid), 'tap0']), signal)
}

/** Gives the network namespace of a process a way out. */
async function connect(pid: number, slirp: ReturnType<typeof startSlirp>, signal: AbortSignal): Promise<Connection> {
  const { child, ready, said } = slirp
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  ready.once('data', () => resolve())
  child.exit.then(() => reject(networkFailed(said())), reject)
  const late = setTimeout(() => reject(networkFailed('it takes too long')), patience)
  const aborted = () => reject(signal.reason)
  signal.addEventListener('abort', aborted, { once: true })
  try {
    await promise
    return connectionOf(pid, child)
  } catch (error) {
    child.kill()
    throw error
  } finally {
    clearTimeout(late)
    signal.removeEventListener('abort', aborted)
  }
}

/** No other program starts it with just these. */
export const slirpOptions = [
  '--configure',
  '--mtu=65520',
  '--disable-host-loopback',
  '--ready-fd=3',
  '--exit-fd=4',
] as const

/** What it does with a step's packets is then kept from the files and most calls of the machine. */
const confinement = ['--enable-sandbox', '--enable-seccomp']

/** It ends when the pipe of its handle 4 does, and so with tsbuild, however that dies. */
function startSlirp(tools: Tools, machine: Machine, options: readonly string[]) {
  const [complaints, ready, life] = [makePipe(), makePipe(), makePipe()]
  try {
    const started = withNothing((empty) =>
      startProcess({
        program: tools.need('slirp4netns'),
        args: options,
        env: tools.env,
        handles: [empty, empty, complaints.writer, ready.writer, life.reader],
        closed: machine.inheritedHandles,
      }),
    )
    let said = ''
    const words = readerOf(complaints.reader).setEncoding('utf8')
    words.on('data', (chunk: string) => {
      said = (said + chunk).slice(-4096)
    })
    const child = watch(started, endOf(words))
    void child.exit.finally(() => closeSync(life.writer))
    return { child, ready: readerOf(ready.reader), said: () => said }
  } catch (error) {
    closeSync(complaints.reader)
    closeSync(ready.reader)
    closeSync(life.writer)
    throw error
  } finally {
    closeSync(complaints.writer)
    closeSync(ready.writer)
    closeSync(life.reader)
  }
}

function networkFailed(said: string): TsbuildError {
  const words = said
    .trim()
    .split('\n')
    .filter((row) => !row.startsWith('WARNING'))
    .join('; ')
  return new TsbuildError('TSB_SANDBOX_NETWORK', `slirp4netns could not connect the step: ${words}`, {
    hint: 'try --network=host (with --allow network.host) or --network=none',
  })
}
