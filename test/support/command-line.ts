import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import os from 'node:os'
import path from 'node:path'
import type { Readable, Writable } from 'node:stream'

const start = path.join(import.meta.dirname, 'programs/start-cli.cjs')

/** What a command line came to. */
export interface Ran {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A command line that is being run. */
export interface Running {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>
  /** What it has printed on standard error so far. */
  stderr(): string
  readonly ended: Promise<Ran>
}

/** Where it runs, and its store. */
export interface Place {
  readonly directory: string
  readonly environment: { readonly root: string }
  /** What standard input has; absent: nothing. */
  readonly input?: string | Uint8Array
  /** Variables that it has besides. */
  readonly variables?: Readonly<Record<string, string>>
  /** Where it finds programs; absent: where the test does. */
  readonly path?: string
  /** TMPDIR; absent: the directory. */
  readonly temporary?: string
  /** Who runs it; absent: who runs the test. */
  readonly user?: { readonly uid: number; readonly gid: number; readonly name: string }
}

/** Runs `tsbuild ARGV` as a process of its own, to its end. */
export function tsbuild(place: Place, ...argv: readonly string[]): Promise<Ran> {
  return startTsbuild(place, ...argv).ended
}

export function startTsbuild(place: Place, ...argv: readonly string[]): Running {
  return startProgram(place, process.execPath, [start, ...argv])
}

/**
 * As `tsbuild`, with a terminal of 91 columns and 31 rows for all three: what it prints there is on standard output. Needs
 * `script` of util-linux.
 */
export function tsbuildOnTerminal(place: Place, ...argv: readonly string[]): Promise<Ran> {
  const words = [process.execPath, start, ...argv].map((word) => `'${word}'`)
  const variables = { TERM: 'xterm', SHELL: '/bin/sh', ...place.variables }
  return startProgram({ ...place, variables }, 'script', [
    '-qec',
    `stty rows 31 columns 91; ${words.join(' ')}`,
    '/dev/null',
  ]).ended
}

function startProgram(place: Place, program: string, argv: readonly string[]): Running {
  const { directory, environment, input, path: programs, temporary = directory, variables, user } = place
  const env = {
    PATH: programs ?? process.env['PATH'],
    HOME: directory,
    TMPDIR: temporary,
    TSBUILD_ROOT: environment.root,
    NODE_COMPILE_CACHE: user ? path.join(directory, 'node') : path.join(os.tmpdir(), 'tsbuild-test-cache/node'),
    ...(user && { USER: user.name }),
    ...variables,
  }
  const child = spawn(program, argv, {
    cwd: directory,
    env,
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(user && { uid: user.uid, gid: user.gid }),
  })
  child.stdin.on('error', () => undefined) // it may have read enough
  child.stdin.end(input)
  const heard = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      heard[name] += text
    })
  }
  const ended = once(child, 'close').then(([status, signal]): Ran => ({ status, signal, ...heard }))
  return { child, stderr: () => heard.stderr, ended }
}
