import { TsbuildError } from '../../errors.ts'
import { type LayerForm, layerForm } from '../sandbox/layer-form.ts'
import { type Machine, readMachine } from '../sandbox/machine.ts'
import { type NetworkTrial, networkWith, tryNetwork } from '../sandbox/network.ts'
import { openSandbox, type SandboxOptions } from '../sandbox/open.ts'
import { openMountProbe } from '../sandbox/overlay-probe.ts'
import { noProbeCache, type ProbeCache } from '../sandbox/probe-cache.ts'
import type { Sandbox } from '../sandbox/sandbox.ts'
import { openTools } from '../sandbox/tools.ts'
import { type EmulatorTrial, tryEmulators } from './emulators.ts'
import { type GroupTrial, tryGroups } from './groups.ts'
import { examineIds, type Ids } from './ids.ts'
import { type FoundPrograms, findPrograms } from './programs.ts'
import { type SandboxTrial, tryChroot, trySandboxes } from './sandboxes.ts'
import { ownRights, type Surroundings } from './surroundings.ts'

/** What a RUN has here, each part found by trying it. A problem of `''` is none. */
export interface Examination {
  readonly machine: Pick<Machine, 'inUserNamespace' | 'kernel'>
  /** Of tsbuild itself. */
  readonly rights: Omit<Surroundings, 'namespaces'>
  readonly ids: Ids
  readonly programs: FoundPrograms
  /** Why layers cannot be put under a step in each of the forms that mount; a copy always can. */
  readonly rootfs: { readonly erofs: string; readonly overlay: string; readonly marks: LayerForm['marks'] }
  /** Those that are taken by themselves, best first, and then what has to be asked for. */
  readonly sandboxes: readonly SandboxTrial[]
  /** The one that a build takes when no flag says otherwise; absent: none. */
  readonly taken?: Sandbox['name']
  readonly network: NetworkTrial
  readonly groups: GroupTrial
  /** For each platform that images are commonly for. */
  readonly emulators: readonly EmulatorTrial[]
}

/**
 * Tries all that a RUN stands on, and not only up to the first that works. No answer is taken from `probes`; what is found
 * goes there, so that builds do as was said here.
 * @param options as for `openSandbox`; `temporary` has to be on the file system of the store
 */
export async function examine(options: SandboxOptions): Promise<Examination> {
  const machine = readMachine()
  const tools = openTools(options.path)
  const { probes, keep } = afresh(options.probes ?? noProbeCache)
  const trying = { ...options, probes }
  const mounts = openMountProbe(trying)
  const host = { tools, machine, network: networkWith(undefined) }
  const trials = [
    mounts.erofsProblem(),
    mounts.overlayProblem(),
    trySandboxes(host, trying),
    tryChroot(host, trying),
    tryNetwork(tools, machine, probes),
    findPrograms(tools),
    tryEmulators(options),
  ] as const
  await Promise.allSettled(trials) // also when one fails, none is to be left at work
  const [erofs, overlay, shut, chroot, network, programs, emulators] = await Promise.all(trials)
  const taken = await takenByItself(trying)
  await keep()
  return {
    machine,
    rights: ownRights(),
    ids: examineIds(tools),
    programs,
    rootfs: { erofs, overlay, marks: layerForm(machine).marks },
    sandboxes: [...shut, chroot],
    ...(taken !== undefined && { taken }),
    network,
    groups: tryGroups(),
    emulators,
  }
}

/** A memory that begins without answers. Those that it is given go to the real one by `keep`, one after the other. */
function afresh(kept: ProbeCache) {
  const found = new Map<string, string>()
  const probes: ProbeCache = {
    get: async (key) => found.get(key),
    set: async (key, value) => void found.set(key, value),
  }
  const keep = async () => {
    for (const [key, value] of found) await kept.set(key, value)
  }
  return { probes, keep }
}

/** What a build takes when no flag says otherwise: by now all it asks for is known. */
async function takenByItself(options: SandboxOptions): Promise<Sandbox['name'] | undefined> {
  try {
    return (await openSandbox('auto', { ...options, notice: () => {} })).name
  } catch (error) {
    if (error instanceof TsbuildError) return undefined
    throw error
  }
}
