import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CacheRecord, cacheKey, type KeyComponents } from '../../src/cache/index.ts'
import { formatRecord, parseRecord } from '../../src/cache/record-file.ts'
import { openRecords, type RecordShelves } from '../../src/cache/records.ts'
import { openShelf } from '../../src/cache/shelf.ts'
import { sha256 } from '../../src/digest/index.ts'
import { mutated, tries } from '../support/fuzz.ts'
import { scratch } from '../support/scratch.ts'

describe('records', () => {
  it('finds what was saved by its key, without the files', async () => {
    const { records } = await open()
    const saved = record('a', { files: [['x', sha256('x')]] })
    await records.save(saved)
    const { files: _, ...rest } = saved
    expect(await records.find(saved.key)).toEqual(rest)
    expect(await records.find(record('b').key)).toBeUndefined()
  })

  it('finds a record by an alias too', async () => {
    const { records } = await open()
    const [saved, other] = [record('a'), record('b')]
    await records.save(saved)
    await records.alias(other.key, saved.key)
    expect((await records.find(other.key))?.key).toBe(saved.key)
  })

  it('misses when the layer is gone', async () => {
    const { records } = await open(() => false)
    await records.save(record('a'))
    expect(await records.find(record('a').key)).toBeUndefined()
  })

  it('gives the oldest record with the same content on the same parent', async () => {
    const { records } = await open()
    const layer = record('any').layer
    const [older, newer] = [record('older', { layer }), record('newer', { layer })]
    await records.save(older)
    await records.save(newer)
    expect((await records.sameContent(undefined, layer.contentId))?.key).toBe(older.key)
    expect(await records.sameContent(sha256('parent'), layer.contentId)).toBeUndefined()
  })

  it('does not take a record that was written anew, with other content, for the content it had', async () => {
    const { records } = await open()
    const [before, after] = [record('same'), record('same')]
    await records.save({ ...before, layer: { ...before.layer, contentId: sha256('first run') } })
    await records.save({ ...after, layer: { ...after.layer, contentId: sha256('second run') } })
    expect(await records.sameContent(undefined, sha256('first run'))).toBeUndefined()
    expect((await records.sameContent(undefined, sha256('second run')))?.key).toBe(before.key)
  })

  it('knows whether anything can be found by a definition on a parent, whatever the inputs', async () => {
    const { records } = await open()
    const definition = { kind: 'copy', dest: '/app' }
    const components = { definition, parent: sha256('parent'), inputs: [{ name: 'x', id: sha256('x') }] }
    await records.save(record('a', { components }))
    expect(await records.hasLike({ definition, parent: sha256('parent') })).toBe(true)
    expect(await records.hasLike({ definition, parent: sha256('other') })).toBe(false)
    expect(await records.hasLike({ definition })).toBe(false)
    expect(await records.hasLike({ definition: { ...definition, chown: 'a' }, parent: sha256('parent') })).toBe(false)
  })

  it('explains by the record of the same step that has most in common, the newest of equals', async () => {
    const { records } = await open()
    const definition = { kind: 'copy', dest: '/app' }
    const components = (context: string, parent: string): KeyComponents => ({
      definition,
      parent: sha256(parent),
      inputs: [{ name: 'context', id: sha256(context) }],
    })
    await records.save(record('1', { components: components('old', 'p'), files: [['f', sha256('f')]] }))
    await records.save(record('2', { components: components('other', 'q') }))
    await records.save(record('3', { components: { definition: { kind: 'copy', dest: '/etc' }, inputs: [] } }))
    const nearest = await records.nearest(components('new', 'p'))
    expect(nearest?.files).toEqual([['f', sha256('f')]])
    expect((await records.nearest(components('new', 'z')))?.key).toBe(record('2').key)
    expect(await records.nearest({ definition: { kind: 'run', argv: ['x'] }, inputs: [] })).toBeUndefined()
  })

  it('explains no COPY by one of other sources, though it puts them to the same place', async () => {
    const { records } = await open()
    const components = (...sources: readonly string[]): KeyComponents => ({
      definition: { kind: 'copy', dest: '/', sources: sources.map((path) => [path, false]) },
      parent: sha256('p'),
      inputs: [{ name: sources[0] ?? '', id: sha256(sources.join()) }],
    })
    await records.save(record('1', { components: components('a') }))
    expect(await records.nearest(components('b'))).toBeUndefined()
    expect((await records.nearest(components('b', 'a')))?.key).toBe(record('1').key)
  })

  it('misses for a file that is no record', async () => {
    const { records, folder } = await open()
    const path = join(folder, 'records', record('a').key.slice(7, 9), record('a').key.slice(9))
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, '{"__proto__":{"key":1}}')
    expect(await records.find(record('a').key)).toBeUndefined()
    await records.save(record('a'))
    expect(await readFile(path, 'utf8')).toBe(formatRecord(record('a')))
    expect((await records.find(record('a').key))?.key).toBe(record('a').key)
  })

  it('F15: a changed record is never read, whatever was changed', () => {
    const saved = record('a')
    const text = formatRecord(saved)
    const mutation = fc.record({
      at: fc.nat(text.length - 1),
      removed: fc.nat(40),
      added: fc.oneof(
        fc.string({ maxLength: 10 }),
        fc.constantFrom('null', '1e999', '{"__proto__":1}', '"', '[]', '0'),
      ),
    })
    fc.assert(
      fc.property(mutation, ({ at, removed, added }) => {
        const changed = text.slice(0, at) + added + text.slice(at + removed)
        if (changed !== text) expect(parseRecord(changed, saved.key)).toBeUndefined()
      }),
      tries(10_000),
    )
  })

  it('F15: a record that was changed and sealed again is no exception, and no hit for another key', () => {
    const saved = record('a')
    const text = JSON.stringify({ version: 1, record: saved })
    const pieces = [
      'null',
      '1e999',
      '{"__proto__":{"key":1}}',
      '"__proto__":',
      '"',
      '[',
      ']',
      '}',
      '-1',
      saved.key,
      ',',
    ]
    const check = (changed: string) => {
      const found = parseRecord(`${sha256(changed)}\n${changed}\n`, saved.key)
      if (found) expect([found.key, typeof found.layer.descriptor.size]).toEqual([saved.key, 'number'])
    }
    fc.assert(fc.property(mutated([text], pieces), check), tries(10_000))
  })

  it('F15: a sealed text of another shape is no record', () => {
    const shapes: unknown[] = [null, 1, [], { version: 1 }, { version: 2, record: record('a') }]
    const fields = ['key', 'layer', 'created', 'milliseconds', 'components'] as const
    const wrong = [undefined, null, -1, 'x', {}, [], { diffId: 'sha256:../../x' }]
    for (const field of fields)
      for (const value of wrong) shapes.push({ version: 1, record: { ...record('a'), [field]: value } })
    for (const shape of shapes) {
      const text = JSON.stringify(shape)
      expect(parseRecord(`${sha256(text)}\n${text}\n`, record('a').key), text).toBeUndefined()
    }
  })

  it('F15: a record in the place of another is a miss', () => {
    expect(parseRecord(formatRecord(record('a')), record('b').key)).toBeUndefined()
  })
})

function record(name: string, changes: Partial<CacheRecord> = {}): CacheRecord {
  const digest = sha256(name)
  return {
    key: cacheKey('test', { definition: name, inputs: [] }),
    layer: { diffId: digest, contentId: sha256(digest), descriptor: { mediaType: 'x', digest, size: 3 } },
    created: '2026-01-02T03:04:05.000Z',
    milliseconds: 12,
    components: { definition: { kind: 'run', argv: [name] }, inputs: [] },
    ...changes,
  }
}

async function open(isAvailable: () => boolean = () => true) {
  const folder = await scratch()
  const shelf = (name: string) => openShelf(join(folder, name), async () => folder)
  const shelves: RecordShelves = {
    records: shelf('records'),
    files: shelf('files'),
    aliases: shelf('aliases'),
    steps: shelf('steps'),
    contents: shelf('contents'),
  }
  return { folder, records: openRecords(shelves, async () => isAvailable(), Date.now) }
}
