import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import {
  type ArchiveForm,
  type Change,
  decompress,
  defaultArchiveLimits,
  digestOfContent,
  readTar,
  rootPath,
  tarIndex,
  treeOfUpper,
  treePath,
  unpackTar,
  walk,
} from '../../src/tree/index.ts'
import { collect } from '../support/collect.ts'
import { inPieces, type TestMember } from '../support/tar.ts'
import { anyArchive, anyMember, archiveOf, tidyMember } from './archives.ts'
import { damagedBytes } from './bytes.ts'
import { type FuzzTarget, inFolder, outcomeOf } from './target.ts'

const limits = { ...defaultArchiveLimits, unpackedBytes: 1 << 20 }
const forms = fc.constantFrom<ArchiveForm>('layer', 'add', 'context')
const pieceSizes = fc.oneof(fc.integer({ min: 1, max: 1200 }), fc.constantFrom(512, 10_240))

/** What an archive is read as: members with digests of their bytes, or the code of the error that ends it. */
async function reading(bytes: Uint8Array, size: number, form: ArchiveForm): Promise<readonly string[]> {
  const found: string[] = []
  const { error } = await outcomeOf(async () => {
    for await (const { entry, body, offset } of readTar(inPieces(bytes, size), form, limits)) {
      const hash = createHash('sha256')
      let length = 0
      for await (const piece of body) {
        hash.update(piece)
        length += piece.length
      }
      if (entry.kind === 'file') assert.equal(length, entry.size)
      if (entry.kind === 'file' && offset !== undefined)
        assertSame(bytes.subarray(offset, offset + length), hash.copy())
      found.push(`${textOf(entry as Change)} ${hash.digest('hex')}`)
      assert.ok(!entry.path.split('/').includes('..'))
    }
  })
  return error ? [...found, error.code] : found
}

function assertSame(part: Uint8Array, hash: ReturnType<typeof createHash>): void {
  assert.equal(createHash('sha256').update(part).digest('hex'), hash.digest('hex'))
}

function textOf(change: object): string {
  return JSON.stringify(change, (_, value: unknown) => (value instanceof Map ? [...value] : value))
}

const tarReader: FuzzTarget<readonly [Buffer, number, number, ArchiveForm]> = {
  name: 'tar-reader',
  runs: 1200,
  input: fc.tuple(anyArchive, pieceSizes, pieceSizes, forms),
  async holds([bytes, one, other, form]) {
    assert.deepEqual(await reading(bytes, one, form), await reading(bytes, other, form))
  },
}

const gnuTar = spawnSync('tar', ['--version'], { encoding: 'utf8' }).stdout?.includes('GNU tar')

const tarNames: FuzzTarget<readonly TestMember[]> = {
  name: 'tar-names',
  runs: 60,
  problem: gnuTar ? undefined : 'needs GNU tar',
  input: fc.array(tidyMember, { maxLength: 12 }),
  async holds(members) {
    const bytes = archiveOf(members)
    const args = ['--list', '--absolute-names', '--quoting-style=c', '--file=-']
    const { status, stdout } = spawnSync('tar', args, { input: bytes, encoding: 'utf8', env: { LC_ALL: 'C' } })
    const names: string[] = []
    const { error } = await outcomeOf(async () => {
      for await (const { entry } of readTar(inPieces(bytes), 'context', limits)) names.push(entry.path)
    })
    if (status !== 0 || error) return
    assert.deepEqual(names, stdout.split('\n').filter(Boolean).map(unquoted))
  },
}

/** A name as C writes it, in octal where it is not ASCII. */
function unquoted(line: string): string {
  const text = line.slice(1, -1)
  const bytes = text.replaceAll(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
  const plain = bytes.replaceAll('\\n', '\n').replaceAll('\\"', '"').replaceAll('\\\\', '\\')
  return treePath(Buffer.from(plain, 'latin1').toString())
}

const unpacking: FuzzTarget<readonly TestMember[]> = {
  name: 'unpack',
  runs: 250,
  problem: process.getuid?.() === 0 ? undefined : 'owners can be set by root only',
  input: fc.array(fc.oneof(anyMember, { weight: 3, arbitrary: tidyMember }), { maxLength: 10 }),
  holds: (members) =>
    inFolder(async (folder) => {
      const [outside, files, archive] = ['outside', 'files', 'tar'].map((name) => join(folder, name)) as [
        string,
        string,
        string,
      ]
      mkdirSync(outside)
      mkdirSync(files)
      writeFileSync(join(outside, 'canary'), 'canary')
      const aimed = members.map((member) => (member.link === '/etc' ? { ...member, link: outside } : member))
      writeFileSync(archive, archiveOf(aimed))
      const options = { devices: 'make', limits } as const
      const unpacked = await outcomeOf(() => unpackTar(createReadStream(archive), files, options))
      const listed = await outcomeOf(() => tarIndex(archive, { limits }))
      assert.deepEqual(readdirSync(folder).sort(), ['files', 'outside', 'tar'])
      assert.deepEqual(readdirSync(outside), ['canary'])
      assert.equal(readFileSync(join(outside, 'canary'), 'utf8'), 'canary')
      if (unpacked.error) assert.deepEqual(readdirSync(files), [])
      assert.equal(listed.error === undefined, unpacked.error === undefined, String(listed.error ?? unpacked.error))
      const hasLinks = members.some(({ type }) => type === '1')
      if (listed.value && unpacked.value) {
        assert.deepEqual(
          await linesOf(walk(treeOfUpper(files, 'trusted')), hasLinks),
          await linesOf(walk(listed.value), hasLinks),
        )
      }
    }),
}

/** What a walk says, a line each. Names of one file are told apart by no owner and mode: links may say others. */
async function linesOf(changes: Iterable<Change>, hasLinks: boolean): Promise<readonly string[]> {
  const lines: string[] = []
  for (const change of changes) {
    if (change.path === rootPath) continue
    const kind = change.kind === 'hardlink' ? 'file' : change.kind
    const bytes = change.kind === 'file' ? await digestOfContent(change) : ''
    const about =
      change.kind === 'symlink'
        ? change.target
        : change.kind === 'character' || change.kind === 'block'
          ? [change.major, change.minor].join()
          : ''
    const said =
      change.kind === 'whiteout' || hasLinks ? '' : `${change.mode} ${change.uid} ${change.gid} ${change.mtime}`
    lines.push([change.path, kind, about, said, hasLinks ? '' : bytes].join(' '))
  }
  return lines
}

const plain = archiveOf([
  { name: 'a', body: 'text '.repeat(2000) },
  { name: 'b', body: 'x' },
])
const piped = (program: string) => {
  try {
    return [execFileSync(program, ['-c'], { input: plain })]
  } catch {
    return []
  }
}
const compressed = [gzipSync(plain), zstdCompressSync(plain), ...piped('xz'), ...piped('bzip2')]

const compression: FuzzTarget<readonly [Buffer, number, number]> = {
  name: 'compression',
  runs: 500,
  input: fc.tuple(
    damagedBytes(
      fc.oneof(
        fc.constantFrom(...compressed),
        fc.tuple(fc.constantFrom(...compressed), fc.constantFrom(...compressed)).map((two) => Buffer.concat(two)),
      ),
      3,
    ),
    pieceSizes,
    pieceSizes,
  ),
  async holds([bytes, one, other]) {
    const read = async (size: number) => {
      const { value, error } = await outcomeOf(() => collect(decompress(inPieces(bytes, size))))
      return (
        error?.code ??
        createHash('sha256')
          .update(value ?? '')
          .digest('hex')
      )
    }
    assert.equal(await read(one), await read(other))
  },
}

export const tarTargets = [tarReader, tarNames, unpacking, compression] as const
