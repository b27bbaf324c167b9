import { mkdir, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { TsbuildError } from '../../errors.ts'
import { launch } from './launch.ts'
import { type LayerForm, layerForm } from './layer-form.ts'
import { type Machine, readMachine } from './machine.ts'
import { overlayRow, tableName, writeMountTable } from './mount-table.ts'
import type { SandboxOptions } from './open.ts'
import { noProbeCache, remembered } from './probe-cache.ts'
import { preamble } from './script.ts'
import { openTools } from './tools.ts'

/** `$1` is a merged directory with a file `below`: it is deleted, and one is written, as steps do. */
const script = `${preamble}
mount --no-mtab --all --fstab ${tableName} || exit 125
rm "$1/below" || exit 125
mkdir "$1/new" || exit 125
go
`

/** What overlayfs can do here. */
export interface MountProbe extends LayerForm {
  /** Why an overlay cannot be mounted on the file system of the temporary folders; `''` when it can. */
  overlayProblem(): Promise<string>
}

export function openMountProbe(options: SandboxOptions): MountProbe {
  const machine = readMachine()
  return {
    ...layerForm(machine),
    async overlayProblem() {
      const scratch = await options.temporary('probe')
      try {
        const { dev } = await stat(scratch)
        const key = `overlay ${dev} ${machine.fingerprint}`
        return await remembered(options.probes ?? noProbeCache, key, () => probe(scratch, machine, options))
      } finally {
        await rm(scratch, { recursive: true, force: true })
      }
    },
  }
}

async function probe(scratch: string, machine: Machine, options: SandboxOptions): Promise<string> {
  const at = (name: string) => path.join(scratch, name)
  for (const name of ['lower', 'upper', 'work', 'merged']) await mkdir(at(name))
  await writeFile(path.join(at('lower'), 'below'), '')
  const directories = { lowers: [at('lower')], upper: at('upper'), work: at('work'), merged: at('merged') }
  const table = at('table')
  await writeMountTable(table, [await overlayRow(table, 'probe.', directories, machine)])
  const namespaces = ['--mount', '--propagation', 'slave', '--pid']
  const launched = { namespaces, script, args: [directories.merged], cwd: table }
  try {
    const signal = AbortSignal.timeout(20_000)
    const { started, complaints } = await launch(openTools(options.path), machine, launched, () => {}, signal)
    return started ? '' : complaints || 'it ended without a word'
  } catch (error) {
    if (error instanceof TsbuildError || (error instanceof Error && error.name === 'TimeoutError')) return error.message
    throw error
  }
}
