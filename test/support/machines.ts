import { existsSync } from 'node:fs'
import path from 'node:path'
import type { BuildEvent, BuildOptions } from '../../src/index.ts'
import { push } from '../../src/index.ts'
import { busyboxBase } from './busybox-base.ts'
import { type DockerRegistry, startDockerRegistry } from './docker-registry.ts'
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts'
import { runProgram } from './programs.ts'
import { type Built, openWorkspace, type Workspace } from './workspace.ts'

/** Machines that have nothing but a registry in common. */
export interface Machines extends AsyncDisposable {
  readonly server: DockerRegistry
  /** In front of the registry: what the builds talk to. */
  readonly proxy: FaultProxy
  /** A new machine with the files of a context; `base` in its Dockerfile is an image of the registry with busybox. */
  machine(dockerfile?: string): Promise<Workspace>
  /** A manifest, as another client sees it. */
  raw(ref: string): string
  /** Blobs that were asked for since `proxy.log` was emptied. */
  fetched(): readonly string[]
}

export const twoStages = `FROM base AS build
WORKDIR /src
COPY a b /src/
RUN cat a b > out && date +%s%N > /stamp
FROM base
COPY --from=build /src/out /stamp /app/
RUN echo made > /app/made
`

export async function openMachines(): Promise<Machines> {
  const opened: Workspace[] = []
  const server = await startDockerRegistry()
  const proxy = await startFaultProxy(server.host, () => undefined)
  const base = `${server.host}/base:1`
  const first = await openWorkspace()
  opened.push(first)
  await first.import(busyboxBase(), base)
  await push(base, [], {}, first.environment)
  return {
    server,
    proxy,
    async machine(dockerfile = twoStages) {
      const made = await openWorkspace()
      opened.push(made)
      made.write({
        'context/Dockerfile': dockerfile.replaceAll('FROM base', `FROM ${base}`),
        'context/a': 'a',
        'context/b': 'b'.repeat(100_000),
      })
      return made
    },
    raw: (ref) =>
      String(
        runProgram(
          'skopeo',
          'inspect',
          '--raw',
          '--tls-verify=false',
          `docker://${ref.replace(proxy.host, server.host)}`,
        ),
      ),
    fetched: () =>
      proxy.log.flatMap(({ method, path: asked }) => (method === 'GET' && asked.includes('/blobs/') ? [asked] : [])),
    async [Symbol.asyncDispose]() {
      for (const each of [proxy, server, ...opened]) await each[Symbol.asyncDispose]()
    },
  }
}

export function buildOn(machine: Workspace, options: Partial<BuildOptions> = {}): Promise<Built> {
  return machine.build({ runtime: 'native', ...options })
}

/** Where the steps that were cached are from. */
export function sourcesOf(events: readonly BuildEvent[]): readonly (string | undefined)[] {
  return [...new Set(events.flatMap((event) => (event.type === 'step:cached' ? [event.source] : [])))]
}

export function noticesOf(events: readonly BuildEvent[]): string {
  return events.flatMap((event) => (event.type === 'notice' ? [event.message] : [])).join('\n')
}

export function hasBlob({ environment }: Workspace, digest: string): boolean {
  return existsSync(path.join(environment.root, 'oci/blobs/sha256', digest.replace('sha256:', '')))
}
