import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import type { Readable } from 'node:stream'

/** A program with its words, and what it needs of the environment. */
export interface Command {
  readonly argv: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

/** A program that was to be measured ended with another status than 0. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed'
  constructor(command: Command, status: string, output: string) {
    super(`${command.argv.join(' ')}: ${status}\n${output.trimEnd().split('\n').slice(-12).join('\n')}`)
  }
}

/** How long a program runs, in seconds: from before its start to when its end is known. What it prints goes to `log`. */
export async function time(command: Command, log: string): Promise<number> {
  const output = openSync(log, 'w')
  try {
    const start = process.hrtime.bigint()
    const child = launch(command, ['ignore', output, output])
    const [code, signal] = await once(child, 'exit')
    const seconds = secondsSince(start)
    if (code !== 0) throw new CommandFailed(command, statusOf(code, signal), readFileSync(log, 'utf8'))
    return seconds
  } finally {
    closeSync(output)
  }
}

/** How long it takes until a program prints `text`, in seconds. Waits for its end, which is not counted. */
export async function timeUntil(command: Command, text: string): Promise<number> {
  const start = process.hrtime.bigint()
  const child = launch(command, ['ignore', 'pipe', 'pipe'])
  let printed = ''
  let seconds: number | undefined
  const read = (chunk: Buffer) => {
    printed += chunk.toString('latin1')
    if (seconds === undefined && printed.includes(text)) seconds = secondsSince(start)
  }
  for (const stream of readers(child)) stream.on('data', read)
  const [code, signal] = await once(child, 'close')
  if (code !== 0) throw new CommandFailed(command, statusOf(code, signal), printed)
  if (seconds === undefined) throw new CommandFailed(command, `did not print ${text}`, printed)
  return seconds
}

/** What a program that is not measured prints to its standard output. */
export async function run(command: Command): Promise<string> {
  const child = launch(command, ['ignore', 'pipe', 'pipe'])
  const printed: Buffer[] = []
  const complained: Buffer[] = []
  child.stdout?.on('data', (chunk: Buffer) => printed.push(chunk))
  child.stderr?.on('data', (chunk: Buffer) => complained.push(chunk))
  const [code, signal] = await once(child, 'close')
  if (code !== 0) throw new CommandFailed(command, statusOf(code, signal), Buffer.concat(complained).toString())
  return Buffer.concat(printed).toString()
}

/** The first line that a program prints, to say its version; `undefined` when it is not there or fails. */
export async function firstLine(...argv: readonly string[]): Promise<string | undefined> {
  try {
    return (await run({ argv })).split('\n')[0]?.trim()
  } catch (error) {
    if (error instanceof CommandFailed || (error instanceof Error && 'code' in error)) return undefined
    throw error
  }
}

export function launch(command: Command, stdio: ['ignore', 'pipe' | number, 'pipe' | number]) {
  const [program = '', ...words] = command.argv
  return spawn(program, words, { stdio, cwd: command.cwd, env: { ...process.env, ...command.env } })
}

function readers(child: { stdout: Readable | null; stderr: Readable | null }): readonly Readable[] {
  return [child.stdout, child.stderr].filter((stream) => stream !== null)
}

function secondsSince(start: bigint): number {
  return Number(process.hrtime.bigint() - start) / 1e9
}

function statusOf(code: number | null, signal: NodeJS.Signals | null): string {
  return signal ? `ended by ${signal}` : `ended with ${code}`
}
