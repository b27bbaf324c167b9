import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'

const program = resolve(import.meta.dirname, '../bin/tsbuild.js')

/**
 * Runs tsbuild as on a CI machine: with what its installation has, and nothing else but what is in `place`, its home and store.
 * @returns all that it printed
 */
export async function tsbuildOn(place: string, ...words: readonly string[]): Promise<string> {
  const env = { PATH: process.env['PATH'], HOME: place, TSBUILD_ROOT: join(place, 'store'), CI: 'true' }
  const child = spawn(process.execPath, [program, ...words], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (piece: string) => {
      text += piece
    })
  }
  const [status] = (await once(child, 'close')) as [number | null]
  if (status === 0) return text
  throw new Error(`tsbuild ${words.join(' ')} ended with ${status}:\n${text}`)
}
