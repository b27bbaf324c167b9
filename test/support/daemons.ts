import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { hasProgram } from './programs.ts'
import { makeKey } from './ssh-agent.ts'

/** `git daemon` serving what is below `root`, until the test ends. Returns `git://127.0.0.1:PORT`. */
export async function startGitDaemon(root: string): Promise<string> {
  const port = await freePort()
  const where = ['--listen=127.0.0.1', `--port=${port}`, `--base-path=${root}`]
  const env = { ...process.env, GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'safe.directory', GIT_CONFIG_VALUE_0: '*' }
  await running(spawn('git', ['daemon', '--reuseaddr', '--export-all', ...where], { env, stdio: 'ignore' }), port)
  return `git://127.0.0.1:${port}`
}

export const hasSshServer = ['sshd', 'ssh', 'ssh-agent', 'ssh-add', 'ssh-keygen'].every(hasProgram)
export const noSshServer = 'needs sshd, ssh and ssh-agent (apt-get install openssh-server openssh-client)'

export interface SshServer {
  /** `ssh://USER@127.0.0.1:PORT` */
  readonly origin: string
  /** A line for known_hosts. */
  readonly knownHost: string
  /** The private key that may log in. */
  readonly key: string
}

/** A real sshd for the user who runs the tests, until the test ends. */
export async function startSshServer(folder: string): Promise<SshServer> {
  mkdirSync(folder)
  if (process.getuid?.() === 0 && !existsSync('/run/sshd')) mkdirSync('/run/sshd', { mode: 0o755 })
  const hostKey = makeKey(folder, 'host', '-t', 'ed25519')
  const key = makeKey(folder, 'user', '-t', 'ed25519')
  const port = await freePort()
  const config = [
    'ListenAddress 127.0.0.1',
    `Port ${port}`,
    `HostKey ${hostKey}`,
    `AuthorizedKeysFile ${key}.pub`,
    'AuthenticationMethods publickey',
    'PermitRootLogin yes',
    'StrictModes no',
    'UsePAM no',
    'PidFile none',
    '',
  ].join('\n')
  writeFileSync(join(folder, 'config'), config)
  const program = ['/usr/sbin/sshd', '/usr/bin/sshd', '/usr/local/sbin/sshd'].find(existsSync) ?? 'sshd'
  await running(spawn(program, ['-D', '-e', '-f', join(folder, 'config')], { stdio: 'ignore' }), port)
  const [type, bits] = readFileSync(`${hostKey}.pub`, 'utf8').split(' ')
  return {
    origin: `ssh://${userInfo().username}@127.0.0.1:${port}`,
    knownHost: `[127.0.0.1]:${port} ${type} ${bits}\n`,
    key,
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/** Waits until it listens, and ends it with the test. */
async function running(child: ChildProcess, port: number): Promise<void> {
  const ended = once(child, 'exit')
  onTestFinished(async () => {
    child.kill()
    await ended
  })
  for (let attempt = 0; attempt < 100; attempt++) {
    if (await answers(port)) return
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`nobody listens on port ${port}`)
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
