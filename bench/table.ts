import type { Measured } from './measure.ts'
import type { FloorResult, Report, Result } from './report.ts'
import { median } from './statistics.ts'

/** Cells of a table, the first row its head. */
export type Table = readonly (readonly string[])[]

const none = '–'

/** A row for each case and floor: times are medians, ratios are tsbuild's time to the other's. */
export function timeTable(report: Report): Table {
  const peers = [...new Set(report.results.flatMap((result) => result.peers.map((peer) => peer.name)))]
  const head = ['workload', 'mode', 'to', 'tsbuild', 'floor', '', 'ratio', 'reach', '', ...peers]
  return [head, ...report.results.filter(hasTimes).flatMap((result) => timeRows(result, peers))]
}

/** The most memory that all processes of tsbuild together had, a row for each case. */
export function memoryTable(report: Report): Table {
  const rows = report.results.flatMap(({ workload, mode, to, memory, memoryLimit }) => {
    if (!memory) return []
    const mark = memory.bytes <= memoryLimit ? 'ok' : 'OVER'
    const parts = memory.parts.map(({ name, bytes }) => `${name} ${megabytes(bytes)}`)
    const shown = parts.length > 4 ? [...parts.slice(0, 3), `${parts.length - 3} more`] : parts
    return [[workload, mode, to, megabytes(memory.bytes), `≤ ${megabytes(memoryLimit)}`, mark, shown.join(', ')]]
  })
  return [['workload', 'mode', 'to', 'peak', 'reach', '', 'of it'], ...rows]
}

/** What went wrong, and what was left out. */
export function remarks(report: Report): readonly string[] {
  const failed = report.results.flatMap(({ workload, mode, to, tsbuild, floors, peers }) =>
    [tsbuild, ...floors, ...peers].flatMap(({ name, failure }) =>
      failure === undefined ? [] : [`${workload} ${mode} ${to}: ${name} failed: ${failure}`],
    ),
  )
  return [...failed, ...report.skipped.map(({ name, why }) => `${name} is not measured: ${why}`)]
}

/** Columns side by side, for a terminal. */
export function asText(table: Table): string {
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)))
  return table
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

export function asMarkdown(table: Table): string {
  const [head = [], ...rows] = table
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n')
}

/** Three digits that mean something: `0.0312 s`, `2.04 s`, `131 s`. */
export function inSeconds(seconds: number): string {
  if (Number.isNaN(seconds)) return none
  const digits = 2 - Math.floor(Math.log10(Math.max(seconds, 0.001)))
  return `${seconds.toFixed(Math.min(4, Math.max(0, digits)))} s`
}

function hasTimes({ tsbuild }: Result): boolean {
  return tsbuild.samples.length > 0 || tsbuild.failure !== undefined
}

function timeRows(result: Result, peers: readonly string[]): Table {
  const floors = result.floors.length > 0 ? result.floors : [undefined]
  return floors.map((floor, at) => [
    result.workload,
    result.mode,
    result.to,
    shown(result.tsbuild),
    ...floorCells(result, floor),
    ...peers.map((name) => (at === 0 ? peerCell(result, name) : '')),
  ])
}

function floorCells({ tsbuild }: Result, floor: FloorResult | undefined): readonly string[] {
  if (!floor) return [none, '', none, none, '']
  const ratio = median(tsbuild.samples) / median(floor.samples)
  const { reach } = floor
  const goal = reach === undefined ? none : `≤ ${reach}${floor.only === undefined ? '' : ` ${floor.only}`}`
  const mark = reach === undefined || Number.isNaN(ratio) ? '' : ratio <= reach ? 'ok' : 'OVER'
  return [shown(floor), floor.name, times(ratio), goal, mark]
}

function peerCell({ tsbuild, peers }: Result, name: string): string {
  const peer = peers.find((one) => one.name === name)
  if (!peer) return none
  return `${shown(peer)} (${times(median(tsbuild.samples) / median(peer.samples))})`
}

function shown({ samples, failure }: Measured): string {
  return failure === undefined ? inSeconds(median(samples)) : 'failed'
}

function times(ratio: number): string {
  return Number.isNaN(ratio) ? none : `${ratio.toFixed(2)} ×`
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`
}
