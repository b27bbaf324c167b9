import { countText, cut, ellipsis, humanSize, pad, widthOf } from '../../text/index.ts'
import { percent } from '../look/explore-text.ts'
import { inline, instruction, modeText } from '../look/words.ts'
import type { Paint } from '../text/paint.ts'
import { coverLines } from './cover.ts'
import { layersHeight } from './press.ts'
import { patternFault } from './rows.ts'
import { bodyHeight, type Cover, type Explorer, kindOf, type Row, shutLayers, topOf } from './state.ts'
import { wrapped } from './wrapped.ts'

/** The screen: as many lines as it has rows, none wider than it is. */
export function frame(explorer: Explorer, paint: Paint): readonly string[] {
  const { columns, rows } = explorer.size
  const height = bodyHeight(explorer.size)
  const body = explorer.cover ? coverLines(explorer, explorer.cover, paint) : panes(explorer, paint)
  const lines = [header(explorer, paint), ...filled(body, height), footer(explorer, paint)]
  return lines.slice(0, Math.max(1, rows)).map((line) => (columns < 20 ? cut(line, columns) : line))
}

/** The parts of the screen, for who draws one. */
export interface Area {
  readonly columns: number
  readonly rows: number
}

function filled(lines: readonly string[], height: number): readonly string[] {
  return [...lines.slice(0, height), ...Array<string>(Math.max(0, height - lines.length)).fill('')]
}

function header({ image, size, show, layer }: Explorer, paint: Paint): string {
  const bytes = image.layers.reduce((sum, each) => sum + each.size, 0)
  const left = ` ${inline(image.name)}  ${inline(image.platform)}  ${humanSize(bytes)} in ${countText(image.layers.length, 'layer')}`
  const right = show === 'layer' ? `layer ${layer + 1} alone ` : `image up to layer ${layer + 1} `
  const room = size.columns - widthOf(right)
  return paint('bold', room < 20 ? ellipsis(left, size.columns) : pad(ellipsis(left, room - 1), room) + right)
}

function footer(explorer: Explorer, paint: Paint): string {
  const { size, error, said, waiting, isTyping, filter, pane, without, cover } = explorer
  const show = (text: string, style?: string) => {
    const line = ellipsis(` ${text}`, size.columns)
    return style ? paint(style, line) : line
  }
  if (error !== undefined) return show(inline(error), 'red')
  if (said !== undefined) return show(inline(said), 'green')
  const fault = patternFault(filter)
  if (isTyping && fault !== undefined) return show(`filter: ${inline(filter)}▏ ${inline(fault)}`, 'red')
  if (isTyping) return show(`filter: ${inline(filter)}▏ (a regular expression; Enter keeps it, Esc ends it)`)
  if (waiting !== undefined) return show(inline(waiting), 'yellow')
  if (cover) return show(coverKeys[cover.kind], 'faint')
  const notes = [
    ...(filter === '' ? [] : [`filter ${inline(filter)}${fault === undefined ? '' : ` ${inline(fault)}`} (Esc)`]),
    ...(without.size === 0 ? [] : [`without ${[...without].join(', ')}`]),
  ]
  const keys = pane === 'layers' ? layerKeys : fileKeys
  return show(notes.length === 0 ? keys : `${notes.join('; ')}  ${keys}`, 'faint')
}

const layerKeys = '? keys  Tab files  Enter open  ^A all layers  ^L this layer  w waste  q quit'
const fileKeys = '? keys  Tab layers  Enter show  Space fold  / filter  ^O size  w waste  q quit'
const coverKeys: Readonly<Record<Cover['kind'], string>> = {
  help: 'q close  up down one line  PgUp PgDn a page',
  waste: 'q close  up down one file  PgUp PgDn a page',
  file: 'q close  up down one line  PgUp PgDn a page  ^E write it here',
}

/** Columns that the files have with their rights and owners, where there are so many. */
const roomOfAttributes = 58

function panes(explorer: Explorer, paint: Paint): readonly string[] {
  const { columns } = explorer.size
  const height = bodyHeight(explorer.size)
  const usual = Math.min(48, Math.floor(columns * 0.45))
  const left = Math.max(10, explorer.attributes ? Math.min(usual, columns - roomOfAttributes - 3) : usual)
  const right = Math.max(1, columns - left - 3)
  const [layers, files] = [leftSide(explorer, left, paint), fileList(explorer, right, paint)]
  return Array.from({ length: height }, (_, i) => {
    const [a = '', b = ''] = [layers[i], files[i]]
    return `${a}${' '.repeat(Math.max(0, left - shownWidth(a)))} ${paint('faint', '│')} ${b}`
  })
}

/** Columns of a line that may be painted. */
function shownWidth(line: string): number {
  return widthOf(line.replace(/\x1b\[[0-9;]*m/g, ''))
}

function title(text: string, isChosen: boolean, paint: Paint): string {
  return isChosen ? paint('cyan', `[${text}]`) : paint('faint', ` ${text} `)
}

function leftSide(explorer: Explorer, width: number, paint: Paint): readonly string[] {
  const { image, layer, pane } = explorer
  const height = layersHeight(explorer)
  const top = topOf(layer, image.layers.length, height)
  const rows = image.layers.slice(top, top + height).map((each) => {
    const { index, size, createdBy } = each
    const mark = explorer.here[index] ? ' ' : '↓'
    const number = String(index + 1).padStart(String(image.layers.length).length)
    const text = `${number} ${mark}${humanSize(size).padStart(7)}  ${instruction(createdBy)}`
    return cursorLine(ellipsis(text, width - 2), index === layer, pane === 'layers', paint)
  })
  const room = bodyHeight(explorer.size) - rows.length - 2
  return [title('Layers', pane === 'layers', paint), ...rows, '', ...details(explorer, width, room, paint)]
}

function cursorLine(text: string, isAt: boolean, isActive: boolean, paint: Paint): string {
  if (!isAt) return `  ${text}`
  return isActive ? paint('cyan', `> ${text}`) : `> ${text}`
}

/** Lines of the command of a layer that are shown also where that leaves no room for the image. */
const fewestOfCommand = 4

function details(explorer: Explorer, width: number, height: number, paint: Paint): readonly string[] {
  const { image, layer, here, waste } = explorer
  const facts = image.layers[layer]
  const bytes = waste?.layerBytes[layer]
  const files = bytes === undefined ? '' : `, ${humanSize(bytes)} of files`
  const ofImage = imageLines(explorer, paint)
  const room = Math.max(fewestOfCommand, height - ofImage.length - 4)
  const layerLines = facts
    ? [
        paint('faint', ` Layer ${layer + 1} `),
        `  ${facts.diffId.slice(0, width - 3)}`,
        `  ${humanSize(facts.size)}${here[layer] ? '' : ' to fetch'}${files}`,
        ...wrapped(instruction(facts.createdBy), width - 2, room).map((line) => `  ${line}`),
      ]
    : []
  return [...layerLines, '', ...ofImage].map((line) => (shownWidth(line) > width ? cut(line, width) : line))
}

function imageLines({ waste }: Explorer, paint: Paint): readonly string[] {
  if (!waste) return [paint('faint', ' Image '), '  w finds wasted space']
  const { imageBytes, wastedBytes, efficiency, files } = waste
  return [
    paint('faint', ' Image '),
    `  files       ${humanSize(imageBytes)}`,
    `  wasted      ${humanSize(wastedBytes)} in ${files.length} (w)`,
    `  efficiency  ${percent(efficiency)}`,
  ]
}

function fileList(explorer: Explorer, width: number, paint: Paint): readonly string[] {
  const { rows, cursor, pane, view, attributes, sort } = explorer
  const height = bodyHeight(explorer.size) - 1
  const heading = `Files${sort === 'size' ? ' by size' : ''}${view && rows.length === 0 ? ': none' : ''}`
  const head = title(heading, pane === 'files', paint)
  if (!view) return [head, ...unread(explorer, width)]
  const top = topOf(cursor, rows.length, height)
  return [
    head,
    ...rows.slice(top, top + height).map((row, i) => {
      const text = ellipsis(fileText(row, attributes), width - 2)
      const isAt = top + i === cursor
      const line = cursorLine(text, isAt, pane === 'files', (_, each) => each)
      const colour = colours[kindOf(row.node.mark)]
      return isAt && pane === 'files' ? paint('cyan', line) : colour ? paint(colour, line) : line
    }),
  ]
}

function unread(explorer: Explorer, width: number): readonly string[] {
  const shut = shutLayers(explorer)
  if (shut.length === 0) return ['', '  reading …']
  const bytes = shut.reduce((sum, index) => sum + (explorer.image.layers[index]?.size ?? 0), 0)
  const what = shut.length === 1 ? 'This layer is' : `${shut.length} layers are`
  return [
    '',
    ...wrapped(`${what} not here. Enter fetches ${humanSize(bytes)}.`, width - 2, 3).map((line) => `  ${line}`),
  ]
}

const colours = { added: 'green', changed: 'yellow', removed: 'red', unchanged: undefined } as const
const signs = { added: '+', changed: '~', removed: '-', written: '?' } as const

function fileText({ node, depth, isFolded }: Row, attributes: boolean): string {
  const { facts, mark, name, size } = node
  const rights = attributes
    ? facts
      ? `${modeText(facts)} ${`${facts.uid}:${facts.gid}`.padEnd(9)} `
      : ' '.repeat(21)
    : ''
  const fold = isFolded === undefined ? '  ' : isFolded ? '▸ ' : '▾ '
  const suffix = facts?.kind === 'directory' ? '/' : facts?.target === undefined ? '' : ` → ${inline(facts.target)}`
  const isSized = facts?.kind === 'file' || facts?.kind === 'directory'
  const bytes = (isSized ? humanSize(size) : '').padStart(7)
  return `${rights}${bytes} ${mark ? signs[mark] : ' '} ${'  '.repeat(depth)}${fold}${inline(name)}${suffix}`
}
