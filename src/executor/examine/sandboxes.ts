import { rm } from 'node:fs/promises'
import { TsbuildError } from '../../errors.ts'
import { stepCapabilities } from '../sandbox/capabilities.ts'
import { createChrootSandbox } from '../sandbox/chroot.ts'
import { refusalIn } from '../sandbox/failure.ts'
import type { Host } from '../sandbox/host.ts'
import { autoForms, type SandboxOptions, tryForm } from '../sandbox/open.ts'
import { probeSpec } from '../sandbox/probe-spec.ts'
import type { Sandbox } from '../sandbox/sandbox.ts'
import { ownRights, reportCommand, type Surroundings, surroundingsIn } from './surroundings.ts'

/** One way of running steps, tried. */
export interface SandboxTrial {
  readonly name: Sandbox['name']
  /** Why no step can be run by it; `''` when one was. */
  readonly problem: string
  /** Why a step has no control group of its own; absent when it has one. */
  readonly noCgroup?: string
  /** What a step by it finds around itself; absent where none said so. */
  readonly around?: Surroundings
}

/** Those that shut steps in, best first. A runtime goes after the other: each has this machine's control groups for itself. */
export async function trySandboxes(host: Host, options: SandboxOptions): Promise<readonly SandboxTrial[]> {
  const trials: SandboxTrial[] = []
  for (const form of autoForms) {
    const found = await tryForm(form, host, options)
    trials.push(typeof found === 'string' ? { name: form, problem: found } : await lookAround(found, options))
  }
  return trials
}

async function lookAround(sandbox: Sandbox, options: SandboxOptions): Promise<SandboxTrial> {
  const { name, noCgroup } = sandbox
  const about = { name, ...(noCgroup !== undefined && { noCgroup }) }
  return withScratch(options, about, async (scratch) => {
    let said = ''
    const hear = (_stream: unknown, bytes: Uint8Array) => {
      said += Buffer.from(bytes).toString()
    }
    const spec = await probeSpec(scratch, reportCommand)
    const { exitCode } = await sandbox.run(spec, hear, AbortSignal.timeout(patience))
    if (exitCode !== 0) return { ...about, problem: `it ends with ${exitCode}: ${said.trim()}` }
    return { ...about, problem: '', around: surroundingsIn(said) }
  })
}

/** Milliseconds for a step that does nothing. */
const patience = 20_000

/**
 * A changed root has none of this machine's programs in it, so the command is one that is not there: that it is missed shows
 * that all before it was done.
 */
export function tryChroot(host: Host, options: SandboxOptions): Promise<SandboxTrial> {
  const sandbox = createChrootSandbox(host, () => {})
  const about = { name: sandbox.name, noCgroup: sandbox.noCgroup ?? '' }
  return withScratch(options, about, async (scratch) => {
    const spec = await probeSpec(scratch, ['/absent'])
    try {
      // The network cannot be taken away from it.
      await sandbox.run({ ...spec, mounts: [], network: 'default' }, () => {}, AbortSignal.timeout(patience))
      return { ...about, problem: 'it runs what is not there' }
    } catch (error) {
      if (!(error instanceof TsbuildError) || error.code !== 'TSB_COMMAND_NOT_FOUND') throw error
      return { ...about, problem: '', around: aroundChroot(host) }
    }
  })
}

/** Nothing is there to look with: the rights are those that it is started with, and a filter can only be tsbuild's own. */
function aroundChroot({ machine }: Host): Surroundings {
  return {
    namespaces: [],
    filtered: ownRights().filtered,
    noNewPrivileges: true,
    capabilities: stepCapabilities(false, machine.boundingSet),
  }
}

/** Does the trial in a directory of its own; what goes wrong is the problem. */
async function withScratch(
  { temporary }: SandboxOptions,
  about: Omit<SandboxTrial, 'problem'>,
  trial: (scratch: string) => Promise<SandboxTrial>,
): Promise<SandboxTrial> {
  const scratch = await temporary('probe')
  try {
    return await trial(scratch)
  } catch (error) {
    const problem = refusalIn(error)
    if (problem === undefined) throw error
    return { ...about, problem }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}
