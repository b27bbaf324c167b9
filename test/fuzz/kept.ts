import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { cacheKey } from '../../src/cache/index.ts'
import { DamagedIndexError } from '../../src/cache/index-file/blocks.ts'
import { pageCache } from '../../src/cache/index-file/directory.ts'
import { openIndexFile } from '../../src/cache/index-file/open.ts'
import { treeOfIndex } from '../../src/cache/index-file/tree.ts'
import { indexPieces } from '../../src/cache/index-file/write.ts'
import { parsePack } from '../../src/cache/packed.ts'
import { openProbes } from '../../src/cache/probes.ts'
import { formatFiles, formatRecord, parseFiles, parseRecord } from '../../src/cache/record-file.ts'
import { openStatIndex } from '../../src/cache/stat-index.ts'
import { hexOf, seal, sha256, unseal } from '../../src/digest/index.ts'
import { readEarlier } from '../../src/remote/git/earlier.ts'
import { walk } from '../../src/tree/index.ts'
import { anyChange } from '../support/changes.ts'
import { damagedBytes } from './bytes.ts'
import { mutatedJson } from './json.ts'
import { type FuzzTarget, inFolder } from './target.ts'

const digest = sha256('x')
const key = cacheKey('test', { definition: 'x', inputs: [] })
const record = {
  key,
  layer: { diffId: digest, contentId: digest, descriptor: { mediaType: 'x', digest, size: 3 } },
  created: '2026-01-02T03:04:05.000Z',
  milliseconds: 12,
  components: { definition: { kind: 'run', argv: ['x'] }, inputs: [{ name: 'i', id: digest }], parent: digest },
}
const texts = [
  formatRecord(record),
  formatFiles([['a', digest]]),
  seal(JSON.stringify({ digest, layer: digest, size: 1 })),
]

/** Texts with a seal: damaged, nothing of them is believed; sealed but of another shape, they are a miss. */
const sealed: FuzzTarget<readonly [Buffer, string]> = {
  name: 'records',
  runs: 500,
  input: fc.tuple(
    damagedBytes(fc.constantFrom(...texts.map((text) => Buffer.from(text))), 3),
    mutatedJson([
      { version: 1, record },
      { version: 2, files: [['a', digest]] },
    ]),
  ),
  holds([bytes, json]) {
    const text = bytes.toString()
    if (!texts.includes(text)) assert.equal(unseal(text), undefined)
    for (const each of [text, seal(json)]) {
      const found = parseRecord(each, key)
      if (found) assert.equal(found.key, key)
      parseFiles(each)
    }
    parsePack(text)
  },
}

const table = await statIndexBytes()

async function statIndexBytes(): Promise<Buffer> {
  const folder = mkdtempSync(join(tmpdir(), 'tsbuild-fuzz-'))
  try {
    const index = await openStatIndex(join(folder, 'stat-index'), 20_000, async () => folder)
    for (let ino = 1n; ino < 9n; ino++)
      index.put({ dev: 1n, ino, size: 1n, mtimeNs: 2n, ctimeNs: 3n }, { digest: sha256(String(ino)), day: 20_000 })
    await index.save()
    return readFileSync(join(folder, 'stat-index'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const statIndex: FuzzTarget<Buffer> = {
  name: 'stat-index',
  runs: 200,
  input: damagedBytes(fc.constant(table), 3),
  holds: (bytes) =>
    inFolder(async (folder) => {
      const path = join(folder, 'stat-index')
      writeFileSync(path, bytes)
      const index = await openStatIndex(path, 20_000, async () => folder)
      const known = index.find({ dev: 1n, ino: 3n, size: 1n, mtimeNs: 2n, ctimeNs: 3n })
      // Bytes behind the last whole word are not looked at.
      const isWhole = bytes.subarray(0, bytes.length - (bytes.length % 8)).equals(table)
      assert.deepEqual(known, isWhole ? { digest: sha256('3'), day: 20_000 } : undefined)
    }),
}

const layerIndexes: FuzzTarget<Buffer> = {
  name: 'layer-index',
  runs: 300,
  input: damagedBytes(
    fc.array(anyChange(), { maxLength: 12 }).map((changes) => Buffer.concat([...indexPieces({ tarSize: 1, changes })])),
    3,
  ),
  holds: (bytes) =>
    inFolder(async (folder) => {
      const path = join(folder, 'index')
      writeFileSync(path, bytes)
      const file = openIndexFile(path)
      if (!file) return
      file.isWhole()
      const tree = treeOfIndex(file, (_, offset) => ({ kind: 'host', path, offset }), pageCache())
      try {
        for (const { path: at } of walk(tree)) assert.ok(!at.split('/').includes('..'))
        tree.impliedDirectories?.()
      } catch (error) {
        if (!(error instanceof DamagedIndexError)) throw error
      }
    }),
}

/** Small files with a seal, sealed whatever is in them. */
const small: FuzzTarget<string> = {
  name: 'sealed-files',
  runs: 200,
  input: mutatedJson([[['key', 'answer']], { commit: hexOf(digest).slice(0, 40), time: 5 }]),
  holds: (text) =>
    inFolder(async (folder) => {
      mkdirSync(join(folder, 'cache'))
      writeFileSync(join(folder, 'cache/probes.json'), seal(text))
      const answer = await openProbes({ root: folder, temporary: async () => folder }).get('key')
      assert.ok(answer === undefined || typeof answer === 'string')
      mkdirSync(join(folder, 'files'))
      writeFileSync(join(folder, 'commit.json'), seal(text))
      const earlier = await readEarlier(folder)
      assert.ok(earlier === undefined || (typeof earlier.commit === 'string' && Number.isFinite(earlier.time)))
    }),
}

export const keptTargets = [sealed, statIndex, layerIndexes, small] as const
