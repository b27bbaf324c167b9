import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'

const source = new URL('../../../src/tree/tar/fill-thread.ts', import.meta.url).href

/** The answer is there, and not read yet, when the thread is ended. */
const program = `
  const { openFillThread } = await import(${JSON.stringify(source)})
  const thread = openFillThread()
  await thread.start()
  const filler = thread.open([new Uint8Array(new SharedArrayBuffer(512))])
  filler.fill(0, [{ size: 512, from: 0, length: 512, at: 0 }]).catch(() => {})
  for (const until = Date.now() + 200; Date.now() < until; );
  await thread.close()
  console.log('closed')
`

test('who waits for the end of the thread gets there, though nothing else keeps the process', () => {
  const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
  expect({ stdout, status }).toEqual({ stdout: 'closed\n', status: 0 })
})
