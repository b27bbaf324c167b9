import { statSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { TsbuildError } from '../../errors.ts'
import { createChrootSandbox } from './chroot.ts'
import { filterProbe, filterRules, splitFilter, takeFilter, withFilter } from './compiled-filter.ts'
import { isHybrid } from './device-group.ts'
import { refusalIn } from './failure.ts'
import type { Host } from './host.ts'
import { readMachine } from './machine.ts'
import { createNativeSandbox } from './native.ts'
import { networkWith, openNetwork } from './network.ts'
import type { RuntimeAbilities } from './oci-config.ts'
import { createOciSandbox, type OciRuntimeName } from './oci-runtime.ts'
import { noProbeCache, type ProbeCache, remembered } from './probe-cache.ts'
import { probeSpec } from './probe-spec.ts'
import { runRefusal } from './refusal.ts'
import type { Sandbox, SandboxSpec } from './sandbox.ts'
import type { Seccomp } from './seccomp-profile.ts'
import { openTools } from './tools.ts'

export type SandboxChoice = 'auto' | 'runc' | 'crun' | 'native' | 'chroot'

export interface SandboxOptions {
  /** A `PATH`: where runtimes and system tools are looked for. */
  readonly path: string
  /** Says something that the user ought to know once; what is serious also when nothing else is to be heard. */
  readonly notice: (message: string, serious?: true) => void
  /** A fresh private directory; it is removed after use. */
  readonly temporary: (prefix: string) => Promise<string>
  readonly probes?: ProbeCache
  /** The command line names the control group that those of steps are made in: only forms that can obey it are taken. */
  readonly namesCgroup?: boolean
  /** In place of our own system call filter: only forms that can have one are taken. */
  readonly seccomp?: Seccomp
}

/**
 * The best way of shutting a step in that really works here, found by trying: `crun` or `runc`, else `native`. `chroot`
 * shuts nothing in: it is only taken when asked for by name, or by root of a container that is refused all others.
 * @throws {TsbuildError} TSB_SANDBOX_UNAVAILABLE, TSB_SECCOMP_UNAVAILABLE
 */
export async function openSandbox(choice: SandboxChoice, options: SandboxOptions): Promise<Sandbox> {
  const { notice, probes = noProbeCache, seccomp } = options
  const isFiltered = typeof seccomp === 'object'
  if (isFiltered && (choice === 'native' || choice === 'chroot')) throw cannotFilter(choice)
  const tools = openTools(options.path)
  const machine = readMachine()
  const refusal = runRefusal()
  if (refusal) throw refusal
  const chroot = () => createChrootSandbox({ tools, machine, network: networkWith(undefined) }, notice)
  if (choice === 'chroot') return chroot()
  if (choice === 'auto' && machine.mayOnlyChroot) {
    if (isFiltered) throw cannotFilter('chroot')
    return chroot()
  }
  const host = { tools, machine, network: await openNetwork(tools, machine, probes, notice) }
  const found = await firstWorking(choice === 'auto' ? autoForms : [choice], host, options)
  if (!Array.isArray(found)) return announced(found, choice, notice)
  if (choice !== 'auto') throw await cannotBe(choice, found, host, options)
  throw new TsbuildError('TSB_SANDBOX_UNAVAILABLE', `no step can be shut in here (${found.join('; ')})`, {
    hint: 'install runc, or allow user namespaces; --runtime=chroot --snapshotter=copy runs steps with no isolation at all',
  })
}

type ShuttingForm = (typeof autoForms)[number]

/** The first of the forms that works, or what each of them says. */
async function firstWorking(
  forms: readonly ShuttingForm[],
  host: Host,
  options: SandboxOptions,
): Promise<Sandbox | string[]> {
  const problems: string[] = []
  for (const form of forms) {
    const found = await tryForm(form, host, options)
    if (typeof found !== 'string') return found
    problems.push(`${form}: ${found}`)
  }
  return problems
}

/** Whoever names a form wants to be shut in: another form that does that is the way out, and never chroot. */
async function cannotBe(choice: ShuttingForm, problems: readonly string[], host: Host, options: SandboxOptions) {
  const others = autoForms.filter((form) => form !== choice)
  const other = await firstWorking(others, host, options)
  const message = `${choice} cannot run steps here${problems.join('').slice(choice.length)}`
  return new TsbuildError('TSB_SANDBOX_UNAVAILABLE', message, {
    hint: Array.isArray(other)
      ? `no other form works here either (${other.join('; ')}): tsbuild doctor says what to type`
      : `leave --runtime away: ${other.name} works here`,
  })
}

function cannotFilter(form: string): TsbuildError {
  const message = `--runtime=${form} has no system call filter, so --security-opt seccomp cannot be held`
  return new TsbuildError('TSB_SECCOMP_UNAVAILABLE', message, { hint: 'take --runtime=crun or runc' })
}

/** Those that shut a step in, best first. */
export const autoForms = ['crun', 'runc', 'native'] as const

/** The sandbox, or why it cannot be had. */
export async function tryForm(form: ShuttingForm, host: Host, options: SandboxOptions): Promise<Sandbox | string> {
  if (form !== 'native') return tryRuntime(form, host, options)
  if (typeof options.seccomp !== 'object') return tryNative(host, options)
  return 'it has no system call filter, and --security-opt seccomp asks for one'
}

function announced(sandbox: Sandbox, choice: SandboxChoice, notice: (message: string) => void): Sandbox {
  if (choice === 'auto' && sandbox.name === 'native') {
    notice('steps run without a system call filter, by util-linux alone: install runc or crun for one')
  }
  return sandbox
}

async function tryRuntime(name: OciRuntimeName, host: Host, options: SandboxOptions): Promise<Sandbox | string> {
  const program = host.tools.find(name)
  if (!program) return 'not installed'
  const { size, mtimeMs } = statSync(program)
  const key = `oci runtime ${program} ${size} ${mtimeMs} ${filterRules()} ${host.machine.fingerprint}`
  const kept = await remembered(options.probes ?? noProbeCache, key, () => probeRuntime(name, host, options))
  if (kept.startsWith(refused)) return kept.slice(refused.length)
  const { answer, filter } = splitFilter(kept)
  const found = (Object.keys(remarks) as readonly RuntimeAbilities['cgroups'][]).find(
    (form) => remarks[form] === answer,
  )
  if (!found) throw new Error(`nobody knows what a probe meant by ${answer}`)
  if (found === 'of devices' && options.namesCgroup) return 'it can make no control group where hierarchies are hybrid'
  const { seccomp } = options
  const rules = { ...(filter !== undefined && { filter }), ...(seccomp !== undefined && { seccomp }) }
  return createOciSandbox(name, { cgroups: found, ...rules }, host)
}

/** What is kept of a probe: how steps get their control groups, or why they cannot be run. */
const remarks: Readonly<Record<RuntimeAbilities['cgroups'], string>> = {
  'by runtime': 'cgroups',
  'of devices': 'a cgroup of devices',
  none: 'no cgroups',
}
const refused = 'no: '

async function probeRuntime(name: OciRuntimeName, host: Host, options: SandboxOptions): Promise<string> {
  let filter = ''
  const look = (spec: SandboxSpec) => {
    filter = takeFilter(spec)
  }
  const tried = (cgroups: RuntimeAbilities['cgroups']) => {
    const sandbox = createOciSandbox(name, { cgroups }, host)
    return name === 'crun' ? probe(sandbox, options, filterProbe, look) : probe(sandbox, options)
  }
  const problem = await tried('by runtime')
  if (problem === '') return withFilter(remarks['by runtime'], filter)
  if (!problem.includes('cgroup')) return `${refused}${problem}`
  if (name === 'crun' && isHybrid() && (await tried('of devices')) === '') {
    return withFilter(remarks['of devices'], filter)
  }
  return (await tried('none')) === '' ? withFilter(remarks.none, filter) : `${refused}${problem}`
}

async function tryNative(host: Host, options: SandboxOptions): Promise<Sandbox | string> {
  const sandbox = createNativeSandbox(host)
  const key = `native ${host.machine.fingerprint}`
  const problem = await remembered(options.probes ?? noProbeCache, key, () => probe(sandbox, options))
  return problem === '' ? sandbox : problem
}

/**
 * What is in the way of running a command of this machine in the sandbox; nothing when it ran.
 * @param spoke called when the command says something on its output
 */
async function probe(
  sandbox: Sandbox,
  options: SandboxOptions,
  argv: readonly string[] = ['/bin/sh', '-c', ':'],
  spoke: (spec: SandboxSpec) => void = () => {},
): Promise<string> {
  const scratch = await options.temporary('probe')
  let said = ''
  try {
    const spec = await probeSpec(scratch, argv)
    const hear = (stream: 'stdout' | 'stderr', bytes: Uint8Array) => {
      said += Buffer.from(bytes).toString()
      if (stream === 'stdout') spoke(spec)
    }
    const { exitCode } = await sandbox.run(spec, hear, AbortSignal.timeout(20_000))
    return exitCode === 0 ? '' : `it ends with ${exitCode}: ${said.trim()}`
  } catch (error) {
    const refusal = refusalIn(error)
    if (refusal === undefined) throw error
    return refusal
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}
