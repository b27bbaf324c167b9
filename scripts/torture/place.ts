import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'

const program = path.resolve(import.meta.dirname, '../../bin/tsbuild.js')

/** Where tsbuild runs, and as whom. */
export interface Place {
  /** All that is made is below it. */
  readonly folder: string
  readonly store: string
  readonly user?: { readonly name: string; readonly uid: number; readonly gid: number }
}

export interface Ran {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
  readonly milliseconds: number
}

/** Times of images are those of 2001, so that the same input gives the same image. */
const epoch = '1000000000'

/** Starts `tsbuild WORDS`. */
export function start(
  place: Place,
  words: readonly string[],
): { readonly child: ChildProcess; readonly ended: Promise<Ran> } {
  const began = performance.now()
  const { folder, store, user } = place
  const env = { PATH: process.env['PATH'], HOME: folder, TMPDIR: folder, TSBUILD_ROOT: store, SOURCE_DATE_EPOCH: epoch }
  const child = spawn(process.execPath, [program, ...words], {
    cwd: folder,
    env: { ...env, ...(user && { USER: user.name }) },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(user && { uid: user.uid, gid: user.gid }),
  })
  const heard = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      heard[name] += text
    })
  }
  const closed = once(child, 'close')
  const ended = once(child, 'exit').then(async ([status]): Promise<Ran> => {
    const milliseconds = performance.now() - began
    // A process of a step that lived on would hold the other ends of its pipes: that is looked for by name.
    await Promise.race([closed, new Promise((late) => setTimeout(late, 2000).unref())])
    return { status, ...heard, milliseconds }
  })
  return { child, ended }
}

export function run(place: Place, ...words: readonly string[]): Promise<Ran> {
  return start(place, words).ended
}

/** As `run`, for what has to succeed. */
export async function must(place: Place, ...words: readonly string[]): Promise<string> {
  const ran = await run(place, ...words)
  if (ran.status !== 0) throw new Error(`tsbuild ${words.join(' ')}: exit ${ran.status}\n${ran.stderr}`)
  return ran.stdout.trim()
}
