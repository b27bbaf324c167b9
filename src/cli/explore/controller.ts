import type { OpenedImage } from '../../index.ts'
import { contentLines, shownBytes } from './content.ts'
import { press, type Wish, withRows } from './press.ts'
import { type Explorer, openExplorer, shutLayers } from './state.ts'

/** Keys and the size of the screen to what is shown, and the image behind it. */
export interface Controller {
  press(key: string): void
  resize(size: Explorer['size']): void
  redraw(): void
  /** When somebody has seen enough. @throws what is no answer of the image: a bug */
  readonly done: Promise<void>
}

type Image = Pick<OpenedImage, 'id' | 'platform' | 'layers' | 'isHere' | 'fileTree' | 'find' | 'read' | 'waste'>

/** Writes a file of the image to this machine, whole or not at all. @returns where to */
export type SaveFile = (
  path: string,
  mode: number,
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
) => Promise<string>

/** @param draw told of each change */
export async function openController(
  name: string,
  image: Image,
  size: Explorer['size'],
  draw: (explorer: Explorer) => void,
  save: SaveFile,
  signal: AbortSignal,
): Promise<Controller> {
  const { promise: done, resolve: end } = Promise.withResolvers<void>()
  const { id, layers } = image
  const platform = [image.platform.os, image.platform.architecture, image.platform.variant].filter(Boolean).join('/')
  const whatIsHere = () => Promise.all(layers.map(({ index }) => image.isHere(index)))
  let explorer = openExplorer({ name, id, platform, layers }, await whatIsHere(), size)
  let reading: { readonly key: string; readonly abort: AbortController } | undefined
  let isFindingWaste = false
  const saving = new Set<Promise<void>>()
  const unsaved = new AbortController()
  let isLeaving = false
  const set = (change: Partial<Explorer>) => {
    explorer = { ...explorer, ...change }
    draw(explorer)
  }
  const idle = () => {
    const { waiting: _, ...rest } = explorer
    explorer = rest
  }
  const fail = (error: unknown) => {
    idle()
    set({ error: error instanceof Error ? error.message : String(error) })
  }

  /** Has the tree that is chosen read, when it may be. */
  const readTree = async (): Promise<void> => {
    const { layer, show, view } = explorer
    const key = `${layer} ${show}`
    if ((view?.layer === layer && view.show === show) || reading?.key === key) return
    reading?.abort.abort()
    reading = undefined
    idle()
    if (layers.length === 0 || shutLayers(explorer).length > 0) return draw(explorer)
    const own = new AbortController()
    reading = { key, abort: own }
    set({ waiting: `reading layer ${layer + 1} …` })
    try {
      const root = await image.fileTree({ layer, show, signal: own.signal })
      if (own.signal.aborted) return
      reading = undefined
      idle()
      explorer = withRows({ ...explorer, here: await whatIsHere(), view: { layer, show, root } })
      draw(explorer)
      if (explorer.here.every(Boolean)) await findWaste()
    } catch (error) {
      if (own.signal.aborted) return
      // It is asked for again by opening the layer again.
      reading = undefined
      explorer = { ...explorer, opened: new Set() }
      fail(error)
    }
  }

  const findWaste = async (): Promise<void> => {
    if (explorer.waste || isFindingWaste) return
    isFindingWaste = true
    try {
      const waste = await image.waste(signal)
      set({ waste, here: await whatIsHere() })
    } catch (error) {
      fail(error)
    } finally {
      isFindingWaste = false
    }
  }

  /** The layer that has the chosen file: of one that the layer removes, the one below. */
  const layerOfFile = (): number => {
    const { view, rows, cursor } = explorer
    const isGone = rows[cursor]?.node.mark === 'removed'
    return (view?.layer ?? 0) - (isGone ? 1 : 0)
  }

  const readFile = async (path: string): Promise<void> => {
    const { rows, cursor } = explorer
    const parts: Uint8Array[] = []
    let [read, size] = [0, 0]
    try {
      for await (const part of image.read(path, layerOfFile())) {
        size += part.length
        if (read < shownBytes) parts.push(part.subarray(0, shownBytes - read))
        read += part.length
        if (read > shownBytes) break
      }
      const whole = rows[cursor]?.node.facts?.size ?? size
      set({ cover: { kind: 'file', path, lines: contentLines(Buffer.concat(parts), Math.max(whole, size)), top: 0 } })
    } catch (error) {
      fail(error)
    }
  }

  const saveFile = async (path: string): Promise<void> => {
    const layer = layerOfFile()
    try {
      // Of a link what it leads to is read.
      const { mode } = await image.find(path, layer)
      set({ said: `${await save(path, mode, image.read(path, layer), unsaved.signal)} is written` })
    } catch (error) {
      fail(error)
    }
  }

  /** What is being written is waited for, until that takes somebody too long. */
  const quit = async (): Promise<void> => {
    if (saving.size > 0 && !isLeaving) {
      isLeaving = true
      set({ waiting: 'a file is still written; q again leaves without it' })
      await Promise.all(saving)
    }
    end()
  }

  const keepSaving = async (path: string): Promise<void> => {
    const saved = saveFile(path)
    saving.add(saved)
    await saved
    saving.delete(saved)
  }

  const grant = async (wish: Wish): Promise<void> => {
    if (wish.kind === 'quit') await quit()
    else if (wish.kind === 'waste') await findWaste()
    else if (wish.kind === 'save') await keepSaving(wish.path)
    else await readFile(wish.path)
  }

  signal.addEventListener('abort', () => end(), { once: true })
  void readTree()
  return {
    press(key) {
      const { explorer: next, wish } = press(explorer, key)
      explorer = next
      draw(explorer)
      if (wish) void grant(wish)
      void readTree()
    },
    resize: (changed) => set({ size: changed }),
    redraw: () => draw(explorer),
    done: done.finally(async () => {
      reading?.abort.abort()
      unsaved.abort()
      await Promise.all(saving)
    }),
  }
}
