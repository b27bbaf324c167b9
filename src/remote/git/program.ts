import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { kill } from 'node:process'
import type { Readable } from 'node:stream'
import { isSystemError, TsbuildError } from '../../errors.ts'
import { isolation } from './environment.ts'

/** Where git works, and what it is given beside its arguments. */
export interface GitCall {
  readonly gitDir?: string
  readonly workTree?: string
  /** More of the environment. */
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
}

/** The git of this machine, shut off from all settings that are not ours. */
export interface GitProgram {
  /** What it printed. @throws {GitFailure} */
  run(args: readonly string[], call?: GitCall): Promise<string>
  /** What it prints, cut at each NUL. @throws {GitFailure} */
  records(args: readonly string[], call?: GitCall): AsyncIterable<string>
}

/** Git ended with an error. */
export class GitFailure extends Error {
  readonly stderr: string

  constructor(command: string, stderr: string) {
    super(`git ${command} failed: ${stderr}`)
    this.name = 'GitFailure'
    this.stderr = stderr
  }
}

/** @param folder where git is started: one that is no repository, and is in none that git would look for */
export function gitProgram(folder: string, env: Readonly<Record<string, string>>, signal: AbortSignal): GitProgram {
  const start = (args: readonly string[], call: GitCall = {}): Running => {
    signal.throwIfAborted()
    const options = { cwd: folder, env: { ...env, ...placesOf(call), ...call.env }, detached: true } as const
    const child = spawn('git', [...isolation.flatMap(([name, value]) => ['-c', `${name}=${value}`]), ...args], options)
    child.stdin.on('error', ignoreClosed)
    child.stdin.end(call.input ?? '')
    return watch(child, args[0] ?? '', signal)
  }
  return {
    async run(args, call) {
      const { stdout, ended } = start(args, call)
      const chunks: Buffer[] = []
      stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
      await ended
      return Buffer.concat(chunks).toString()
    },
    async *records(args, call) {
      const { stdout, ended, kill } = start(args, call)
      try {
        yield* split(stdout)
        await ended
      } finally {
        kill('SIGKILL')
      }
    },
  }
}

function placesOf({ gitDir, workTree }: GitCall): Readonly<Record<string, string>> {
  return { ...(gitDir && { GIT_DIR: gitDir }), ...(workTree && { GIT_WORK_TREE: workTree }) }
}

/** The end of the last piece is the end of a record: git ends each with NUL. */
async function* split(stream: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest = Buffer.alloc(0)
  for await (const chunk of stream) {
    const data = Buffer.concat([rest, chunk])
    let start = 0
    for (let end = data.indexOf(0); end >= 0; end = data.indexOf(0, start)) {
      yield data.toString('utf8', start, end)
      start = end + 1
    }
    rest = data.subarray(start)
  }
}

interface Running {
  readonly stdout: Readable
  /** Rejects with what went wrong; when told to stop, with the reason for that. */
  readonly ended: Promise<void>
  /** Git is the first of a process group, in which the helpers are that it starts. */
  kill(name: NodeJS.Signals): void
}

/** Characters of what git says that are kept: the last ones. */
const complaintLimit = 16_384
/** Milliseconds that git has to clean up when it is told to stop. */
const patience = 2000

function watch(child: ChildProcessWithoutNullStreams, command: string, signal: AbortSignal): Running {
  let closed = false
  const killAll = (name: NodeJS.Signals) => {
    if (!closed && child.pid !== undefined) killGroup(child.pid, name)
  }
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-complaintLimit)
  })
  const finish = async () => {
    try {
      const code = await closeOf(child, killAll, signal)
      signal.throwIfAborted()
      if (code !== 0) throw new GitFailure(command, stderr.trim())
    } finally {
      closed = true
    }
  }
  const ended = finish()
  ended.catch(() => undefined) // whoever waits for it gets it; nobody may be waiting yet
  return { stdout: child.stdout, ended, kill: killAll }
}

/** The exit code, when git and all it started have closed their pipes. */
async function closeOf(child: ChildProcess, killAll: Running['kill'], signal: AbortSignal): Promise<unknown> {
  let last: NodeJS.Timeout | undefined
  const stop = () => {
    killAll('SIGTERM')
    last = setTimeout(() => killAll('SIGKILL'), patience)
  }
  signal.addEventListener('abort', stop, { once: true })
  try {
    const [code] = await once(child, 'close')
    return code
  } catch (error) {
    throw isSystemError(error, 'ENOENT', 'EACCES') ? noGit(error) : error
  } finally {
    signal.removeEventListener('abort', stop)
    clearTimeout(last)
  }
}

function killGroup(leader: number, name: NodeJS.Signals): void {
  try {
    kill(-leader, name)
  } catch (error) {
    if (!isSystemError(error, 'ESRCH')) throw error
  }
}

function ignoreClosed(error: Error): void {
  if (!isSystemError(error, 'EPIPE', 'ECONNRESET')) throw error
}

function noGit(cause: unknown): TsbuildError {
  return new TsbuildError('TSB_GIT_MISSING', 'git is not on this machine', {
    cause,
    hint: 'install git (Debian: apt-get install git): tsbuild fetches repositories with it',
  })
}
