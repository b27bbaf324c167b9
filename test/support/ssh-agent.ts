import { execFile } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { kill } from 'node:process'
import { promisify } from 'node:util'
import { hasProgram, runProgram } from './programs.ts'

export const hasSsh = ['ssh-agent', 'ssh-add', 'ssh-keygen'].every(hasProgram)
export const noSsh = 'needs ssh-agent, ssh-add and ssh-keygen (apt-get install openssh-client)'

/** A real agent without keys. */
export interface RealAgent extends Disposable {
  readonly socket: string
  /** Runs a program with this agent; gives its output, or what it says when it fails. Never blocks this process. */
  run(program: string, ...args: readonly string[]): Promise<string>
}

export function startAgent(): RealAgent {
  const folder = mkdtempSync(join(tmpdir(), 'agent-'))
  const socket = join(folder, 's')
  const said = runProgram('ssh-agent', '-a', socket)
  const pid = Number(/SSH_AGENT_PID=(\d+)/.exec(said)?.[1])
  return {
    socket,
    run: (program, ...args) => runWithAgent(socket, program, ...args),
    [Symbol.dispose]() {
      kill(pid)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A program with an agent at a socket: its output, or what it says when it fails. */
export async function runWithAgent(socket: string, program: string, ...args: readonly string[]): Promise<string> {
  const env = { PATH: process.env['PATH'], SSH_AUTH_SOCK: socket }
  return promisify(execFile)(program, [...args], { env, timeout: 10_000 }).then(
    ({ stdout }) => stdout,
    (error: { stdout: string; stderr: string }) => `${error.stdout}${error.stderr}`,
  )
}

/** A fresh key of `ssh-keygen -t TYPE …`, its public half beside it. */
export function makeKey(folder: string, name: string, ...options: readonly string[]): string {
  const file = join(folder, name)
  const passphrase = options.includes('-N') ? [] : ['-N', '']
  runProgram('ssh-keygen', '-q', ...options, ...passphrase, '-C', `${name}@test`, '-f', file)
  return file
}

export function writeKey(folder: string, name: string, text: string): string {
  const file = join(folder, name)
  writeFileSync(file, text)
  chmodSync(file, 0o600)
  return file
}
