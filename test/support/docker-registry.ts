import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { hasProgram, runProgram } from './programs.ts'

/** The registry server of Debian, on a port of this machine. */
export interface DockerRegistry extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly host: string
  /** Puts an image in by skopeo: `oci-archive:FILE` as `library/busybox:latest`. */
  push(source: string, name: string): void
}

export const hasDockerRegistry = hasProgram('docker-registry') && hasProgram('skopeo')
export const noDockerRegistry = 'docker-registry or skopeo is not installed (apt-get install docker-registry skopeo)'

/** bcrypt of `right-pass`, for the user `joe`. */
const passwords = 'joe:$2b$04$6xxeEpI0CzpfWJKS.VPRfuOzddBtZeH88v6.3pfDZzwUowG107LCi\n'

/** Files in PEM. With `clients` only who has a certificate of that authority may connect. */
export interface RegistryTls {
  readonly certificate: string
  readonly key: string
  readonly clients?: string
}

/**
 * @param rules `password`: only joe may do anything, who has the password `right-pass`; `auth: …` is a part of its configuration
 */
export async function startDockerRegistry(
  rules: 'open' | 'password' | `auth: ${string}` = 'open',
  tls?: RegistryTls,
): Promise<DockerRegistry> {
  const folder = mkdtempSync(join(tmpdir(), 'tsbuild-registry-'))
  const host = `127.0.0.1:${await freePort()}`
  const config = join(folder, 'config.yml')
  const htpasswd = `auth: {htpasswd: {realm: test, path: ${folder}/passwords}}\n`
  const auth = rules === 'open' ? '' : rules === 'password' ? htpasswd : rules
  const clients = tls?.clients === undefined ? '' : `, clientcas: [${tls.clients}]`
  const secure = tls ? `, tls: {certificate: ${tls.certificate}, key: ${tls.key}${clients}}` : ''
  writeFileSync(join(folder, 'passwords'), passwords)
  writeFileSync(
    config,
    `version: 0.1\nlog: {level: error}\nstorage: {delete: {enabled: true}, filesystem: {rootdirectory: ${folder}/data}}\nhttp: {addr: "${host}"${secure}}\n${auth}`,
  )
  const server = spawn('docker-registry', ['serve', config], { stdio: 'ignore' })
  const stop = async () => {
    if (server.exitCode === null && server.kill('SIGKILL')) await once(server, 'exit')
    rmSync(folder, { recursive: true, force: true })
  }
  await answering(host, stop)
  return {
    host,
    push: (source, name) =>
      void runProgram(
        'skopeo',
        'copy',
        '--insecure-policy',
        '--dest-tls-verify=false',
        source,
        `docker://${host}/${name}`,
      ),
    [Symbol.asyncDispose]: stop,
  }
}

async function answering(host: string, stop: () => Promise<void>): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const answer = await fetch(`http://${host}/v2/`).catch(() => undefined)
    // 400 is what one with TLS says to who speaks none.
    if (answer?.ok || answer?.status === 401 || answer?.status === 400) return
    await sleep(50)
  }
  await stop()
  throw new Error(`docker-registry does not answer on ${host}`)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
