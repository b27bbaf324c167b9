import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { DamagedIndexError } from '../../../src/cache/index-file/blocks.ts'
import { pageCache } from '../../../src/cache/index-file/directory.ts'
import { openIndexFile } from '../../../src/cache/index-file/open.ts'
import { treeOfIndex } from '../../../src/cache/index-file/tree.ts'
import { indexPieces } from '../../../src/cache/index-file/write.ts'
import { changeOf, type IndexedChange } from '../../../src/cache/layer-index.ts'
import { type Change, rootPath, type TreePath, treeOfEntries, treePath, walk } from '../../../src/tree/index.ts'
import { anyChange } from '../../support/changes.ts'
import { tries } from '../../support/fuzz.ts'

const folder = mkdtempSync(join(tmpdir(), 'tsbuild-test-'))
afterAll(() => rmSync(folder, { recursive: true }))
const path = join(folder, 'index')
const changes = reachable(fc.sample(anyChange(), { numRuns: 700, seed: 3 }))
const bytes = Buffer.concat([...indexPieces({ tarSize: 1, changes })])
const whole = everything(bytes)

/** Without what is below something that is no directory, where no walk comes. */
function reachable(all: readonly IndexedChange[]): readonly IndexedChange[] {
  const tree = treeOfEntries(all.map((one) => changeOf(one, () => ({ kind: 'host', path: '/tar', offset: 0 }))))
  const paths = new Set([...walk(tree)].map(({ path }) => path))
  return all.filter((one) => paths.has(one.path))
}

/** The whole tree of these bytes, or undefined when somebody notices that they are not what was written. */
function everything(written: Uint8Array): readonly Change[] | undefined {
  writeFileSync(path, written)
  return read()
}

function read(damage: () => void = () => {}): readonly Change[] | undefined {
  const file = openIndexFile(path)
  if (!file) return undefined
  damage()
  const tree = treeOfIndex(file, (_, offset) => ({ kind: 'host', path: '/tar', offset }), pageCache())
  return noticed(() => {
    const implied = tree.impliedDirectories?.().map((at): Change => ({ kind: 'whiteout', path: at })) ?? []
    const root = tree.get(rootPath)
    return [...(root ? [root] : []), ...walk(tree), ...implied]
  })
}

function noticed<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (error instanceof DamagedIndexError) return undefined
    throw error
  }
}

const place = fc.nat(bytes.length - 1)

describe('damage of an index file', () => {
  it('is noticed at every byte: nothing of it is shown, and it does not count as whole', () => {
    fc.assert(
      fc.property(place, fc.integer({ min: 1, max: 255 }), (at, change) => {
        const damaged = Buffer.from(bytes)
        damaged[at] = (damaged[at] ?? 0) ^ change
        expect(everything(damaged)).toBeUndefined()
        expect(openIndexFile(path)?.isWhole() ?? false).toBe(false)
      }),
      { ...tries(400), seed: 4 },
    )
  })

  it('is noticed when bytes were cut off, cut out or added', () => {
    fc.assert(
      fc.property(place, fc.integer({ min: 1, max: 5000 }), (at, length) => {
        expect(everything(bytes.subarray(0, at))).toBeUndefined()
        expect(everything(Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]))).toBeUndefined()
        expect(
          everything(Buffer.concat([bytes.subarray(0, at), Buffer.alloc(length), bytes.subarray(at)])),
        ).toBeUndefined()
        expect(everything(Buffer.concat([bytes, Buffer.alloc(length)]))).toBeUndefined()
      }),
      { ...tries(60), seed: 4 },
    )
  })

  it('is noticed when parts are zeros, as after a power cut', () => {
    fc.assert(
      fc.property(place, fc.integer({ min: 16, max: 5000 }), (at, length) => {
        const damaged = Buffer.from(bytes).fill(0, at, Math.min(bytes.length, at + length))
        if (!damaged.equals(bytes)) expect(everything(damaged)).toBeUndefined()
      }),
      { ...tries(60), seed: 4 },
    )
    expect(everything(Buffer.alloc(bytes.length))).toBeUndefined()
    expect(everything(new Uint8Array())).toBeUndefined()
  })

  it('is noticed when the file is deleted, cut or another one after it was opened', () => {
    const further: IndexedChange = { kind: 'whiteout', path: treePath('another/name') }
    const other = Buffer.concat([...indexPieces({ tarSize: 1, changes: [...changes, further] })])
    for (const damage of [() => rmSync(path), () => truncateSync(path, 10), () => writeFileSync(path, other)]) {
      writeFileSync(path, bytes)
      expect(read(damage)).toBeUndefined()
    }
  })

  it('does not matter where nobody looks', () => {
    const damaged = Buffer.from(bytes)
    damaged[0] = 255
    writeFileSync(path, damaged)
    const file = openIndexFile(path)
    const tree = file && treeOfIndex(file, (_, offset) => ({ kind: 'host', path: '/tar', offset }), pageCache())
    expect(tree?.list(rootPath).length).toBeGreaterThan(0)
    expect(file?.isWhole()).toBe(false)
  })

  it.each(['{"version":1}\n', 'tsbidx2\n'.repeat(20)])('%j is no index file', (text) => {
    expect(everything(Buffer.from(text))).toBeUndefined()
  })
})

it('an index file that is not damaged shows all', () => {
  expect(whole?.length).toBeGreaterThan(200)
  expect(everything(bytes)).toEqual(whole)
  expect(new Set(whole?.map((entry): TreePath => entry.path)).has(treePath('a'))).toBe(true)
})
