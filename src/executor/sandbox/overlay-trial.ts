import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { TsbuildError } from '../../errors.ts'
import { launch } from './launch.ts'
import type { Machine } from './machine.ts'
import { overlayRow, tableName, writeMountTable } from './mount-table.ts'
import { preamble } from './script.ts'
import { openTools } from './tools.ts'

/** An overlay to mount as steps do, and what to try in it. */
export interface OverlayTrial {
  /** Topmost first. */
  readonly lowers: readonly string[]
  /** Shell text: `$1` is the merged directory. It ends with another status than 0 when something is wrong. */
  readonly checks: string
  readonly machine: Machine
  /** A `PATH`. */
  readonly path: string
}

/**
 * @param scratch where its further directories may be made
 * @returns what is in the way, `''` when nothing is
 */
export async function tryOverlay(scratch: string, { lowers, checks, machine, path: tools }: OverlayTrial) {
  const at = (name: string) => path.join(scratch, name)
  for (const name of ['upper', 'work', 'merged']) await mkdir(at(name))
  const directories = { lowers, upper: at('upper'), work: at('work'), merged: at('merged') }
  const table = at('table')
  await writeMountTable(table, [await overlayRow(table, 'probe.', directories, machine)])
  const script = `${preamble}\nmount --no-mtab --all --fstab ${tableName} || exit 125\n${checks}\ngo\n`
  const namespaces = ['--mount', '--propagation', 'slave', '--pid']
  const launched = { namespaces, script, args: [directories.merged], cwd: table }
  try {
    const signal = AbortSignal.timeout(20_000)
    const { started, complaints } = await launch(openTools(tools), machine, launched, () => {}, signal)
    return started ? '' : complaints || 'it ended without a word'
  } catch (error) {
    if (error instanceof TsbuildError || (error instanceof Error && error.name === 'TimeoutError')) return error.message
    throw error
  }
}
