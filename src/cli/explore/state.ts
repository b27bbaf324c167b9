import type { FileNode, LayerFacts, Mark, Waste } from '../../index.ts'

/** A line of the file tree. */
export interface Row {
  readonly node: FileNode
  /** `/etc/passwd` */
  readonly path: string
  readonly depth: number
  /** Of a directory with something in it: whether that is hidden. */
  readonly isFolded?: boolean
}

/** What an image is known by. */
export interface ExploredImage {
  readonly name: string
  readonly id: string
  readonly platform: string
  readonly layers: readonly LayerFacts[]
}

/** Which files are shown: those of one layer, or all that there are with it. */
export interface ViewKey {
  readonly layer: number
  readonly show: 'layer' | 'image'
}

export interface LoadedView extends ViewKey {
  readonly root: FileNode
}

/** What covers the panes. */
export type Cover =
  | { readonly kind: 'help'; readonly top: number }
  | { readonly kind: 'waste'; readonly cursor: number }
  | { readonly kind: 'file'; readonly path: string; readonly lines: readonly string[]; readonly top: number }

/** A kind of file that can be left out. `changed` has those of which no more is known than that they were written. */
export type Kind = 'added' | 'removed' | 'changed' | 'unchanged'

/** All that the screen shows. */
export interface Explorer {
  readonly image: ExploredImage
  readonly pane: 'layers' | 'files'
  readonly layer: number
  readonly show: ViewKey['show']
  /** Of each layer: false when it would have to be fetched. */
  readonly here: readonly boolean[]
  /** Layers that are to be fetched: somebody opened them. */
  readonly opened: ReadonlySet<number>
  readonly view?: LoadedView
  /** Directories that somebody folded or unfolded. */
  readonly folds: ReadonlyMap<string, boolean>
  /** What all others are; absent: those that lead to the changes of the layer are open, when these are few. */
  readonly foldAll?: boolean
  readonly without: ReadonlySet<Kind>
  readonly attributes: boolean
  readonly sort: 'name' | 'size'
  /** A regular expression. */
  readonly filter: string
  readonly isTyping: boolean
  readonly rows: readonly Row[]
  readonly cursor: number
  /** Where the cursor was before another tree was asked for. */
  readonly at?: string
  readonly waste?: Waste
  readonly cover?: Cover
  /** What is being waited for. */
  readonly waiting?: string
  readonly error?: string
  /** What was done. */
  readonly said?: string
  readonly size: { readonly columns: number; readonly rows: number }
}

export function openExplorer(image: ExploredImage, here: readonly boolean[], size: Explorer['size']): Explorer {
  return {
    image,
    pane: 'layers',
    layer: 0,
    show: 'layer',
    here,
    opened: new Set(),
    folds: new Map(),
    without: new Set(),
    attributes: false,
    sort: 'name',
    filter: '',
    isTyping: false,
    rows: [],
    cursor: 0,
    size,
  }
}

/** The layers that have to be read for what is chosen. */
export function neededLayers({ layer, show }: Pick<Explorer, 'layer' | 'show'>): readonly number[] {
  return show === 'layer' ? [layer] : Array.from({ length: layer + 1 }, (_, index) => index)
}

/** Those of them that are not here and that nobody opened. */
export function shutLayers(explorer: Explorer): readonly number[] {
  return neededLayers(explorer).filter((index) => !explorer.here[index] && !explorer.opened.has(index))
}

export function kindOf(mark: Mark | undefined): Kind {
  return mark === 'written' ? 'changed' : (mark ?? 'unchanged')
}

/** Lines between header and footer. */
export function bodyHeight({ rows }: Explorer['size']): number {
  return Math.max(1, rows - 2)
}

/** The first of `count` lines that is shown, so that the cursor is in the middle where it can be. */
export function topOf(cursor: number, count: number, height: number): number {
  return Math.max(0, Math.min(cursor - Math.floor(height / 2), count - height))
}
