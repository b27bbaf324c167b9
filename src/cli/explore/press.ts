import { helpLines } from './cover.ts'
import { rowsOf } from './rows.ts'
import { bodyHeight, type Cover, type Explorer, type Kind, neededLayers } from './state.ts'

/** What the world is asked for by a key. */
export type Wish =
  | { readonly kind: 'quit' }
  | { readonly kind: 'read'; readonly path: string }
  | { readonly kind: 'save'; readonly path: string }
  | { readonly kind: 'waste' }

export interface Pressed {
  readonly explorer: Explorer
  readonly wish?: Wish
}

/** What a key does: `up`, `enter`, `ctrl+a`, `space`, or a character. */
export function press(before: Explorer, key: string): Pressed {
  const explorer = without(without(before, 'error'), 'said')
  if (key === 'ctrl+c') return { explorer, wish: { kind: 'quit' } }
  if (explorer.cover) return inCover(explorer, explorer.cover, key)
  if (explorer.isTyping) return { explorer: typing(explorer, key) }
  return anywhere(explorer, key) ?? (explorer.pane === 'layers' ? inLayers(explorer, key) : inFiles(explorer, key))
}

/** The same with the lines that it now has; the cursor stays on its file where that is still there. */
export function withRows(explorer: Explorer): Explorer {
  const rows = rowsOf(explorer)
  const path = explorer.rows[explorer.cursor]?.path ?? explorer.at
  const found = path === undefined ? -1 : rows.findIndex((row) => row.path === path)
  return { ...explorer, rows, cursor: found >= 0 ? found : clamp(explorer.cursor, rows.length) }
}

function without<K extends 'error' | 'said' | 'cover' | 'foldAll' | 'view'>(explorer: Explorer, name: K): Explorer {
  const { [name]: _, ...rest } = explorer
  return rest as Explorer
}

function anywhere(explorer: Explorer, key: string): Pressed | undefined {
  switch (key) {
    case 'q':
      return { explorer, wish: { kind: 'quit' } }
    case '?':
      return { explorer: { ...explorer, cover: { kind: 'help', top: 0 } } }
    case 'w':
      return { explorer: { ...explorer, cover: { kind: 'waste', cursor: 0 } }, wish: { kind: 'waste' } }
    case 'tab':
      return { explorer: { ...explorer, pane: explorer.pane === 'layers' ? 'files' : 'layers' } }
    case 'ctrl+f':
    case '/':
      return { explorer: { ...explorer, pane: 'files', isTyping: true } }
    case 'escape':
      return { explorer: withRows({ ...explorer, filter: '' }) }
    case 'ctrl+l':
      return { explorer: chosen(explorer, { show: 'layer' }) }
    case 'ctrl+o':
      return { explorer: withRows({ ...explorer, sort: explorer.sort === 'name' ? 'size' : 'name' }) }
    case 'ctrl+b':
      return { explorer: { ...explorer, attributes: !explorer.attributes } }
    default:
      return undefined
  }
}

/** Another choice of what is shown: the tree has to be had first. */
function chosen(explorer: Explorer, choice: Partial<Pick<Explorer, 'layer' | 'show'>>): Explorer {
  const next = { ...explorer, ...choice }
  if (next.layer === explorer.layer && next.show === explorer.show) return explorer
  const at = explorer.rows[explorer.cursor]?.path ?? explorer.at
  return { ...without(next, 'view'), rows: [], cursor: 0, ...(at !== undefined && { at }) }
}

function inLayers(explorer: Explorer, key: string): Pressed {
  const { layer, image } = explorer
  const moved = move(key, layer, image.layers.length, layersHeight(explorer))
  if (moved !== undefined) return { explorer: chosen(explorer, { layer: moved }) }
  switch (key) {
    case 'ctrl+a':
      return { explorer: chosen(explorer, { show: 'image' }) }
    case 'enter':
    case 'right':
    case 'l':
      return {
        explorer: { ...explorer, opened: new Set([...explorer.opened, ...neededLayers(explorer)]), pane: 'files' },
      }
    default:
      return { explorer }
  }
}

/** Lines of the list of layers: half of the left side, if it is so long. */
export function layersHeight({ image, size }: Explorer): number {
  return Math.max(1, Math.min(image.layers.length, Math.floor((bodyHeight(size) - 2) / 2)))
}

const toggles: Readonly<Record<string, Kind>> = {
  'ctrl+a': 'added',
  'ctrl+r': 'removed',
  m: 'changed',
  'ctrl+u': 'unchanged',
}

function inFiles(explorer: Explorer, key: string): Pressed {
  const { cursor, rows } = explorer
  const kind = toggles[key]
  if (kind) return { explorer: withRows({ ...explorer, without: toggled(explorer.without, kind) }) }
  const moved = move(key, cursor, rows.length, bodyHeight(explorer.size) - 1)
  if (moved !== undefined) return { explorer: { ...explorer, cursor: moved } }
  const row = rows[cursor]
  switch (key) {
    case 'ctrl+space':
      return { explorer: withRows({ ...explorer, folds: new Map(), foldAll: explorer.foldAll !== true }) }
    case 'space':
      return { explorer: row?.isFolded === undefined ? explorer : fold(explorer, row.path, !row.isFolded) }
    case 'enter':
      if (row?.isFolded !== undefined) return { explorer: fold(explorer, row.path, !row.isFolded) }
      return row ? { explorer, wish: { kind: 'read', path: row.path } } : opening(explorer)
    case 'ctrl+e':
      if (!row) return { explorer }
      return row.isFolded === undefined
        ? { explorer, wish: { kind: 'save', path: row.path } }
        : { explorer: { ...explorer, error: 'a directory is written by tsbuild extract IMAGE PATH' } }
    case 'right':
    case 'l':
      return { explorer: row?.isFolded ? fold(explorer, row.path, false) : explorer }
    case 'left':
    case 'h':
      return { explorer: row?.isFolded === false ? fold(explorer, row.path, true) : toParent(explorer) }
    default:
      return { explorer }
  }
}

/** Nothing is shown, perhaps since the layer is not here. */
function opening(explorer: Explorer): Pressed {
  return { explorer: { ...explorer, opened: new Set([...explorer.opened, ...neededLayers(explorer)]) } }
}

function toggled(kinds: ReadonlySet<Kind>, kind: Kind): ReadonlySet<Kind> {
  const others = new Set(kinds)
  if (!others.delete(kind)) others.add(kind)
  return others
}

function fold(explorer: Explorer, path: string, isFolded: boolean): Explorer {
  return withRows({ ...explorer, folds: new Map([...explorer.folds, [path, isFolded]]) })
}

function toParent(explorer: Explorer): Explorer {
  const depth = explorer.rows[explorer.cursor]?.depth ?? 0
  const parent = explorer.rows.slice(0, explorer.cursor).findLastIndex((row) => row.depth < depth)
  return parent < 0 ? explorer : { ...explorer, cursor: parent }
}

function typing(explorer: Explorer, key: string): Explorer {
  switch (key) {
    case 'enter':
    case 'tab':
    case 'down':
      return { ...explorer, isTyping: false }
    case 'escape':
    case 'ctrl+f':
      return withRows({ ...explorer, filter: '', isTyping: false })
    case 'backspace':
      return withRows({ ...explorer, filter: explorer.filter.slice(0, -1) })
    case 'space':
      return withRows({ ...explorer, filter: `${explorer.filter} ` })
    default:
      return key.length > 2 ? explorer : withRows({ ...explorer, filter: explorer.filter + key })
  }
}

function inCover(explorer: Explorer, cover: Cover, key: string): Pressed {
  if (
    key === 'q' ||
    key === 'escape' ||
    key === (cover.kind === 'help' ? '?' : cover.kind === 'waste' ? 'w' : 'left')
  ) {
    return { explorer: without(explorer, 'cover') }
  }
  const height = bodyHeight(explorer.size) - 1
  switch (cover.kind) {
    case 'waste': {
      const cursor = move(key, cover.cursor, explorer.waste?.files.length ?? 0, height)
      return { explorer: cursor === undefined ? explorer : { ...explorer, cover: { ...cover, cursor } } }
    }
    case 'help': {
      const last = Math.max(0, helpLines(explorer.size.columns).length - bodyHeight(explorer.size))
      const top = move(key, cover.top, last + 1, height)
      return { explorer: top === undefined ? explorer : { ...explorer, cover: { ...cover, top } } }
    }
    case 'file': {
      if (key === 'ctrl+e') return { explorer, wish: { kind: 'save', path: cover.path } }
      const last = Math.max(0, cover.lines.length - height)
      const top = move(key, cover.top, last + 1, height)
      return { explorer: top === undefined ? explorer : { ...explorer, cover: { ...cover, top } } }
    }
  }
}

/** Where a key moves to in a list; undefined for one that moves nothing. */
function move(key: string, at: number, count: number, page: number): number | undefined {
  const steps: Readonly<Record<string, number>> = {
    up: -1,
    k: -1,
    down: 1,
    j: 1,
    pageup: -page,
    u: -page,
    pagedown: page,
    d: page,
    home: -count,
    g: -count,
    end: count,
    G: count,
  }
  const step = steps[key]
  return step === undefined ? undefined : clamp(at + step, count)
}

function clamp(at: number, count: number): number {
  return Math.max(0, Math.min(at, count - 1))
}
