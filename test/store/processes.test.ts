import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { cacheKey, openCache } from '../../src/cache/index.ts'
import { sha256 } from '../../src/digest/index.ts'
import { openStore } from '../../src/store/index.ts'
import { hasProgram, runProgram } from '../support/programs.ts'
import { scratch } from '../support/scratch.ts'

const isRoot = (await stat('/proc/self')).uid === 0
const worker = fileURLToPath(new URL('../support/store-worker.ts', import.meta.url))
const reader = fileURLToPath(new URL('../support/store-reader.ts', import.meta.url))

describe.skipIf(!isRoot)('several processes in one store (skipped without root: layers are unpacked)', () => {
  it('F08: write the same layers, records and names at once, and nothing is lost', async () => {
    const root = await scratch()
    const names = ['a', 'b', 'c', 'd', 'e']
    const workers = names.map((name) => start(root, name, 3))
    expect(await Promise.all(workers.map(exitOf))).toEqual(names.map(() => [0, null]))
    const store = await openStore(root, { now: Date.now })
    const [image] = await store.images.list()
    expect(image?.names).toEqual([...names.map((name) => `${name}:latest`), 'shared:latest'])
    await expectWhole(root)
    expect(await readdir(join(root, 'tmp'))).toEqual([])
    expect(await readdir(join(root, 'locks'))).toEqual([])
  })

  it('F08: may be killed at any moment, and the store is whole', async () => {
    const root = await scratch()
    for (let round = 0; round < 6; round++) {
      const workers = ['a', 'b'].map((name) => start(root, name, 1000))
      await new Promise((done) => setTimeout(done, 350 + round * 90))
      for (const each of workers) each.kill('SIGKILL')
      await Promise.all(workers.map(exitOf))
      await openStore(root, { now: Date.now })
      expect(await readdir(join(root, 'tmp'))).toEqual([])
      expect(await readdir(join(root, 'locks'))).toEqual([])
      await expectWhole(root)
    }
    expect(await exitOf(start(root, 'after', 1))).toEqual([0, null])
    expect((await (await openStore(root, { now: Date.now })).images.find('after'))?.names).toContain('shared:latest')
  })
})

describe.skipIf(!isRoot || !hasProgram('unshare'))('a full disk (skipped without root and unshare)', () => {
  it('F14: fails with the path and the sizes, leaves nothing short, and works again with space', async () => {
    const root = await scratch()
    const script = `
      mount -t tmpfs -o size=3m none "$1" || exit 77
      head -c 2500k /dev/zero > "$1/ballast"
      "$2" "$3" "$1/store" name 3 2> "$1/errors" && exit 1
      grep -q TSB_DISK_FULL "$1/errors" || { cat "$1/errors" >&2; exit 2; }
      for file in "$1"/store/oci/blobs/sha256/*; do
        [ -e "$file" ] || continue
        [ "$(sha256sum < "$file")" = "$(basename "$file")  -" ] || exit 3
      done
      rm "$1/ballast"
      "$2" "$3" "$1/store" name 2`
    runProgram('unshare', '--mount', '--propagation=private', 'sh', '-c', script, 'sh', root, execPath, worker)
  })
})

describe.skipIf(!isRoot || !hasProgram('unshare'))('a read-only store (skipped without root and unshare)', () => {
  it('is read, and says so when something is to be written', async () => {
    const root = await scratch()
    expect(await exitOf(start(root, 'app', 1))).toEqual([0, null])
    const script = `
      mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" || exit 77
      "$2" "$3" "$1" app 1 || exit 1
      "$2" "$3" "$1" other 1 2> "$4/errors" && exit 2
      grep TSB_STORE_READ_ONLY "$4/errors" || { cat "$4/errors" >&2; exit 3; }`
    const other = await scratch()
    runProgram('unshare', '--mount', '--propagation=private', 'sh', '-c', script, 'sh', root, execPath, reader, other)
  })
})

function start(root: string, name: string, rounds: number): ChildProcess {
  const child = spawn(execPath, [worker, root, name, `${rounds}`], { stdio: ['ignore', 'inherit', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

async function exitOf(child: ChildProcess): Promise<unknown> {
  if (child.exitCode !== null || child.signalCode !== null) return [child.exitCode, child.signalCode]
  return once(child, 'exit')
}

/** Every blob is what its name says; every record is a hit; every directory has all its files. */
async function expectWhole(root: string): Promise<void> {
  const blobs = join(root, 'oci/blobs/sha256')
  for (const name of await readdir(blobs)) expect(sha256(await readFile(join(blobs, name)))).toBe(`sha256:${name}`)
  const store = await openStore(root, { now: Date.now })
  const cache = await openCache(store, { now: Date.now, overlayXattr: 'trusted' })
  for (let round = 0; round < 3; round++) {
    const record = await cache.records.find(
      cacheKey('test', { definition: { kind: 'run', argv: [`${round}`] }, inputs: [] }),
    )
    if (!record) continue
    const directory = await cache.layers.fromRecord(record.layer).directory()
    expect((await readFile(join(directory, 'big'), 'utf8')).length).toBe(300_000)
    expect((await stat(join(directory, 'd'))).isDirectory()).toBe(true)
  }
  for (const image of await store.images.list()) {
    for (const name of image.names) expect((await store.images.find(name))?.id).toBe(image.id)
  }
  await store.close()
}
