import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getuid } from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { hasProgram } from './programs.ts'

export const hasDockerEngine = getuid?.() === 0 && ['dockerd', 'containerd', 'docker'].every(hasProgram)
export const noDockerEngine = 'dockerd is not installed (apt-get install docker.io), or this is not root'

/** A Docker engine of its own, which sees no network; it is gone at the end, with all that it has. */
export interface DockerEngine extends AsyncDisposable {
  readonly socket: string
  /** Standard output of `docker …`. */
  docker(...words: readonly string[]): string
}

export async function startDockerEngine(): Promise<DockerEngine> {
  const folder = mkdtempSync(join(tmpdir(), 'tsbuild-dockerd-'))
  const socket = join(folder, 'docker.sock')
  const places = ['--data-root', `${folder}/data`, '--exec-root', `${folder}/exec`, '--pidfile', `${folder}/pid`]
  const alone = ['--bridge=none', '--iptables=false', '--ip6tables=false', '--storage-driver=vfs']
  const engine = spawn('dockerd', ['-H', `unix://${socket}`, ...places, ...alone], { stdio: 'ignore' })
  const docker = (...words: readonly string[]) => {
    const env = { ...process.env, DOCKER_HOST: `unix://${socket}` }
    return spawnSync('docker', words, { env, encoding: 'utf8' }).stdout
  }
  for (let tries = 0; tries < 300 && !docker('version', '--format', '{{.Server.Version}}').trim(); tries++)
    await sleep(100)
  return {
    socket,
    docker,
    async [Symbol.asyncDispose]() {
      await ended(engine)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** It ends its containerd itself, when it is asked and not killed. */
async function ended(engine: ChildProcess): Promise<void> {
  if (engine.exitCode !== null) return
  const gone = once(engine, 'exit')
  engine.kill('SIGTERM')
  await gone
}
