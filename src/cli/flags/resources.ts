import type { BuildOptions } from '../../index.ts'
import { readFields } from './csv.ts'
import { FlagError } from './flag-error.ts'
import { readBytes } from './limits.ts'

/** The flags that limit what a RUN may use, as they are typed. */
export interface ResourceFlags {
  readonly memory?: string
  readonly memorySwap?: string
  readonly cpus?: string
  readonly cpuPeriod?: string
  readonly cpuQuota?: string
  readonly pidsLimit?: string
  /** `memory=512m,cpu-quota=50000`, as buildx has it. */
  readonly resource: readonly string[]
}

type Resources = NonNullable<BuildOptions['resources']>

/** Names in `--resource`, and the flags that mean the same and are stronger. */
const spelled = {
  memory: 'memory',
  'memory-swap': 'memorySwap',
  cpus: 'cpus',
  'cpu-period': 'cpuPeriod',
  'cpu-quota': 'cpuQuota',
  'pids-limit': 'pidsLimit',
} as const

/**
 * Undefined when nothing is limited that has no limit anyway.
 * @throws {FlagError}
 */
export function readResources(flags: ResourceFlags): Resources | undefined {
  const { memory, memorySwap, cpus, cpuPeriod, cpuQuota, pidsLimit } = { ...inOne(flags.resource), ...stated(flags) }
  const bytes = memory === undefined ? undefined : readMemory(memory)
  const swap = memorySwap === undefined ? undefined : readSwap(memorySwap, bytes)
  const time = readCpus(cpus, cpuPeriod, cpuQuota)
  const processes = pidsLimit === undefined ? undefined : readProcesses(pidsLimit)
  const found: Resources = {
    ...(bytes !== undefined && { memory: bytes }),
    ...(swap !== undefined && { memorySwap: swap }),
    ...(time !== undefined && { cpus: time }),
    ...(processes !== undefined && { processes }),
  }
  return Object.keys(found).length > 0 ? found : undefined
}

type Texts = Partial<Record<(typeof spelled)[keyof typeof spelled], string>>

function stated(flags: ResourceFlags): Texts {
  const entries = Object.values(spelled).map((name) => [name, flags[name]] as const)
  return Object.fromEntries(entries.filter(([, text]) => text !== undefined))
}

function inOne(texts: readonly string[]): Texts {
  const names = Object.keys(spelled) as readonly (keyof typeof spelled)[]
  const fields = texts.flatMap((text) => [...readFields('--resource', text, names)])
  return Object.fromEntries(fields.map(([name, text]) => [spelled[name], text]))
}

/** As Docker has it: below this no container starts. */
const leastMemory = 6 * 2 ** 20

function readMemory(text: string): number | undefined {
  const bytes = readBytes('--memory', text)
  if (bytes !== 0 && bytes < leastMemory) throw new FlagError(`--memory ${text}: it has to be 6m at least`)
  return bytes === 0 ? undefined : bytes
}

function readSwap(text: string, memory: number | undefined): number {
  if (memory === undefined) throw new FlagError('--memory-swap needs --memory', 'it counts memory and swap together')
  const bytes = text === '-1' ? -1 : readBytes('--memory-swap', text)
  if (bytes === -1 || bytes >= memory) return bytes
  throw new FlagError(`--memory-swap ${text} is below --memory`, 'it counts memory and swap together; -1 is no limit')
}

/** `--cpu-quota` is the part of each `--cpu-period`, both in microseconds. */
function readCpus(cpus: string | undefined, period = '100000', quota?: string): number | undefined {
  if (cpus !== undefined && quota !== undefined) throw new FlagError('--cpus and --cpu-quota say the same: give one')
  const share = cpus === undefined ? positive('--cpu-quota', quota) : positive('--cpus', cpus)
  const whole = cpus === undefined ? (positive('--cpu-period', period) ?? 1) : 1
  if (share === undefined) return undefined
  if (share / whole < 0.01) throw new FlagError('a step needs a hundredth of a processor at least', 'write --cpus 0.5')
  return share / whole
}

/** 0 and -1 are no limit. */
function positive(flag: string, text: string | undefined): number | undefined {
  if (text === undefined || text === '0' || text === '-1') return undefined
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
  if (value > 0 && value < 1e9) return value
  throw new FlagError(`invalid value for ${flag}: ${text}`, 'a number such as 2 or 0.5')
}

function readProcesses(text: string): number {
  const value = /^(-1|\d{1,7})$/.test(text) ? Number(text) : Number.NaN
  if (value >= -1) return value === 0 ? -1 : value
  throw new FlagError(`invalid value for --pids-limit: ${text}`, 'a whole number; -1 is no limit')
}
