import type { ConfigChange, FileDifference, FileFacts, ImageDiff, LayerFacts, LayerPair } from '../../index.ts'
import { humanSize, pad } from '../../text/index.ts'
import { jsonText } from '../text/json.ts'
import type { Paint } from '../text/paint.ts'
import { inline, instruction, modeText } from './words.ts'

/** What differs between two images, for people. */
export function diffText(diff: ImageDiff, names: readonly [before: string, after: string], paint: Paint): string {
  const { before, after, same } = diff
  const head = [
    paint('red', `--- ${inline(names[0])}`) + facts(before),
    paint('green', `+++ ${inline(names[1])}`) + facts(after) + growth(after.size - before.size),
  ]
  if (same) return lines([...head, '', 'the images are the same: config, layers and files'])
  return lines([
    ...head,
    ...part(
      'Config',
      diff.config.flatMap((change) => configLines(change, paint)),
    ),
    ...part(
      'Layers',
      diff.layers.map((pair) => layerLine(pair, paint)),
    ),
    ...part(
      'Files',
      diff.files.map((file) => fileLine(file, paint)),
    ),
    '',
    summary(diff),
  ])
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `${text.trimEnd()}\n`).join('')
}

function part(title: string, rows: readonly string[]): readonly string[] {
  return rows.length === 0 ? [] : ['', title, ...rows]
}

function facts({ id, platform, size }: ImageDiff['before']): string {
  const { os, architecture, variant } = platform
  const machine = [os, architecture, ...(variant ? [variant] : [])].join('/')
  return `  ${id.slice(7, 19)}  ${inline(machine)}  ${humanSize(size)}`
}

function growth(bytes: number): string {
  return bytes === 0 ? '' : ` (${bytes > 0 ? '+' : '-'}${humanSize(Math.abs(bytes))})`
}

const signs = { added: '+', removed: '-', changed: '~', written: '?' } as const
const colours = { added: 'green', removed: 'red', changed: 'yellow', written: 'yellow' } as const

function configLines({ key, before, after }: ConfigChange, paint: Paint): readonly string[] {
  if (before === undefined) return [paint('green', `  + ${inline(key)}  ${value(after)}`)]
  if (after === undefined) return [paint('red', `  - ${inline(key)}  ${value(before)}`)]
  return [
    paint('yellow', `  ~ ${inline(key)}`),
    paint('red', `      - ${value(before)}`),
    paint('green', `      + ${value(after)}`),
  ]
}

function value(json: ConfigChange['before']): string {
  return inline(typeof json === 'string' ? json : jsonText(json ?? null))
}

function layerLine({ before, after }: LayerPair, paint: Paint): string {
  if (before && after) return `  = ${layerFacts(after)}`
  return before ? paint('red', `  - ${layerFacts(before)}`) : after ? paint('green', `  + ${layerFacts(after)}`) : ''
}

function layerFacts({ diffId, size, createdBy }: LayerFacts): string {
  return `${diffId.slice(7, 19)}  ${humanSize(size).padStart(6)}  ${instruction(createdBy)}`
}

function fileLine({ path, kind, before, after, what }: FileDifference, paint: Paint): string {
  const sizes = [before, after].flatMap((file) => (file?.kind === 'file' ? humanSize(file.size) : []))
  const size = kind === 'changed' && sizes[0] !== sizes[1] ? sizes.join(' → ') : (sizes[0] ?? '')
  const shown = inline(path) + ((after ?? before)?.kind === 'directory' ? '/' : '')
  return paint(
    colours[kind],
    `  ${signs[kind]} ${pad(shown, 50)}  ${pad(size, 6)}  ${whatText(what, before, after)}`.trimEnd(),
  )
}

function whatText(what: FileDifference['what'], before?: FileFacts, after?: FileFacts): string {
  if (!before || !after) return ''
  const texts: Readonly<Partial<Record<FileDifference['what'][number], string>>> = {
    kind: `${before.kind} → ${after.kind}`,
    target: `→ ${inline(before.target ?? '')} → ${inline(after.target ?? '')}`,
    mode: `${modeText(before)} → ${modeText(after)}`,
    owner: `${before.uid}:${before.gid} → ${after.uid}:${after.gid}`,
  }
  return what.map((each) => texts[each] ?? each).join(', ')
}

function summary({ files, onlyTimes, unread }: ImageDiff): string {
  const count = (kind: FileDifference['kind']) => files.filter((file) => file.kind === kind).length
  const counts = `${count('added')} added, ${count('removed')} removed, ${count('changed')} changed`
  const written = count('written')
  return [
    counts,
    ...(written > 0
      ? [`${written} ? (one image writes them; what the other has is in a layer that was not fetched)`]
      : []),
    ...(onlyTimes > 0 ? [`${onlyTimes} differ in their time alone (--times lists them)`] : []),
    ...(unread > 0 ? [`${unread} equal layers were not fetched (--equal-layers fetches them)`] : []),
  ].join('; ')
}
