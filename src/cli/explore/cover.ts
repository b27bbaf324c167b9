import type { LayerFacts, WastedFile } from '../../index.ts'
import { ellipsis, humanSize } from '../../text/index.ts'
import { percent } from '../look/explore-text.ts'
import { inline, layerName } from '../look/words.ts'
import type { Paint } from '../text/paint.ts'
import { bodyHeight, type Cover, type Explorer, topOf } from './state.ts'
import { wrapped } from './wrapped.ts'

/** The lines of what covers the panes. */
export function coverLines(explorer: Explorer, cover: Cover, paint: Paint): readonly string[] {
  const { columns } = explorer.size
  const height = bodyHeight(explorer.size)
  switch (cover.kind) {
    case 'help':
      return helpLines(columns).slice(cover.top, cover.top + height)
    case 'waste':
      return wasteLines(explorer, cover.cursor, paint)
    case 'file': {
      const { path, lines, top } = cover
      const place = lines.length > height - 1 ? `  line ${top + 1} of ${lines.length}` : ''
      const head = paint('cyan', ellipsis(`[${inline(path)}]${place}  (q closes)`, columns))
      return [head, ...lines.slice(top, top + height - 1).map((line) => ellipsis(line, columns))]
    }
  }
}

/** The keys, in lines of so many columns. */
export function helpLines(columns: number): readonly string[] {
  return help
    .flatMap((line) => (line === '' ? [line] : wrapped(line, columns, Number.POSITIVE_INFINITY)))
    .map((line) => line.trimEnd())
}

/** At most 22 lines of 80 columns. */
const help: readonly string[] = [
  'Tab          the other pane            q, ctrl+C    quit, or close what is open',
  'up down j k  one line                  PgUp PgDn    a page, also u and d',
  'Home End     first and last, also g G  ?            this page',
  '',
  'Layers',
  '  Enter      open: fetch the layer when it is not here (↓), and go to its files',
  '  ctrl+A     all files of the image up to the layer',
  '  ctrl+L     the files of the layer alone',
  '',
  'Files        + added, ~ changed, - removed by the layer; ? it is not known which',
  '  Enter      show a file, fold a directory    ctrl+E   write the file here',
  '  Space      fold or unfold; also left and right',
  '  ctrl+Space fold or unfold all',
  '  ctrl+F, /  show only paths that a regular expression finds; Esc ends it',
  '  ctrl+A, ctrl+R, m, ctrl+U   leave out added, removed, changed, unchanged',
  '             (dive has ctrl+M for m: to a terminal that is Enter)',
  '  ctrl+B     owners and modes',
  '  ctrl+O     sort by size, or by name',
  '',
  'w            wasted space: files that are in the image more than once, or were',
  '             removed later, and the steps that wrote them',
]

/** Lines below the list, for the steps of the chosen file. */
const stepsHeight = 6

function wasteLines(explorer: Explorer, cursor: number, paint: Paint): readonly string[] {
  const { waste, size, image } = explorer
  const { columns } = size
  if (!waste) return ['', '  reading all layers …']
  const { files, wastedBytes, hiddenBytes, efficiency, userWastedPercent } = waste
  const head = [
    paint('cyan', '[Wasted space]  (q closes)'),
    ...[
      `${humanSize(wastedBytes)} in ${files.length}, of which nobody sees ${humanSize(hiddenBytes)}`,
      `efficiency ${percent(efficiency)}, wasted above the lowest layer ${percent(userWastedPercent)}`,
    ].flatMap((text) => wrapped(text, Math.max(1, columns - 1), 2).map((line) => ` ${line}`)),
    ...(files.length === 0 ? ['', ' nothing is in the image more than once'] : ['   COUNT    TOTAL  PATH']),
  ].map((line, i) => (i === 0 ? line : ellipsis(line, columns)))
  const chosen = files[cursor]
  const steps = chosen ? ['', ...stepLines(chosen, image.layers).map((line) => ellipsis(line, columns))] : []
  const height = Math.max(1, bodyHeight(size) - head.length - Math.min(stepsHeight, steps.length))
  const top = topOf(cursor, files.length, height)
  const rows = files.slice(top, top + height).map(({ count, total, path }, i) => {
    const text = `${String(count).padStart(5)}  ${humanSize(total).padStart(7)}  ${inline(path)}`
    const line = ellipsis(`${top + i === cursor ? '>' : ' '} ${text}`, columns)
    return top + i === cursor ? paint('cyan', line) : line
  })
  return [...head, ...rows, ...steps.slice(0, stepsHeight)]
}

/** The steps that fought over a file, the last ones where they are many. */
function stepLines({ writtenBy, removedBy }: WastedFile, layers: readonly LayerFacts[]): readonly string[] {
  const named = (what: string, index: number) => {
    const layer = layers[index]
    return layer ? [` ${what} ${layerName(layer)}`] : []
  }
  const lines = [
    ...writtenBy.flatMap((index, i) => named(i === 0 ? 'written by' : '  again by', index)),
    ...(removedBy === undefined ? [] : named('removed by', removedBy)),
  ]
  const most = stepsHeight - 1
  if (lines.length <= most) return lines
  return [...lines.slice(0, 1), ` … ${lines.length - most + 1} more …`, ...lines.slice(-(most - 2))]
}
