import { mkdir, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { geteuid } from 'node:process'
import { type LayerForm, layerForm } from './layer-form.ts'
import { readMachine } from './machine.ts'
import type { SandboxOptions } from './open.ts'
import { tryOverlay } from './overlay-trial.ts'
import { noProbeCache, remembered } from './probe-cache.ts'

/** A file of the lower directory is deleted, and a directory is made, as steps do. */
const checks = `
rm "$1/below" || exit 125
mkdir "$1/new" || exit 125
`

/** What can be mounted here. */
export interface MountProbe extends LayerForm {
  /** Why an overlay cannot be mounted on the file system of the temporary folders; `''` when it can. */
  overlayProblem(): Promise<string>
  /** Why an overlay of EROFS images cannot be mounted there. */
  erofsProblem(): Promise<string>
}

export function openMountProbe(options: SandboxOptions): MountProbe {
  const machine = readMachine()
  const trial = { machine, path: options.path }
  const answer = async (what: string, probe: (scratch: string) => Promise<string>) => {
    const scratch = await options.temporary('probe')
    try {
      const { dev } = await stat(scratch)
      const key = `${what} ${dev} ${machine.fingerprint}`
      return await remembered(options.probes ?? noProbeCache, key, () => probe(scratch))
    } finally {
      await rm(scratch, { recursive: true, force: true })
    }
  }
  return {
    ...layerForm(machine),
    overlayProblem: () =>
      answer('overlay', async (scratch) => {
        const lower = path.join(scratch, 'lower')
        await mkdir(lower)
        await writeFile(path.join(lower, 'below'), '')
        return tryOverlay(scratch, { ...trial, lowers: [lower], checks })
      }),
    async erofsProblem() {
      if (machine.inUserNamespace || geteuid?.() !== 0) return 'it takes root'
      const { probeErofs } = await import('./erofs-probe.ts')
      return answer('erofs', (scratch) => probeErofs(scratch, trial))
    },
  }
}
