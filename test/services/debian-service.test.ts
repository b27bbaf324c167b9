import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { history } from '../../src/index.ts'
import { tsbuild } from '../support/command-line.ts'
import { canMakeDebian, debianBase, hasDebianMirror, noDebian } from '../support/debian-base.ts'
import {
  type DockerRegistry,
  hasDockerRegistry,
  noDockerRegistry,
  startDockerRegistry,
} from '../support/docker-registry.ts'
import { showSettings } from '../support/golden-image.ts'
import { hasProgram, runProgram } from '../support/programs.ts'
import { type Built, openWorkspace, type Workspace } from '../support/workspace.ts'

const fixture = resolve(import.meta.dirname, '../../fixtures/dockerfiles/debian-service')
const able = canMakeDebian && hasDebianMirror
const reason = able ? (hasDockerRegistry ? 'base by debootstrap' : noDockerRegistry) : noDebian
const minutes = 60_000

describe.skipIf(!able || !hasDockerRegistry)(`a service on Debian (${reason})`, () => {
  let registry: DockerRegistry
  let workspace: Workspace
  let first: Built
  const build = () =>
    workspace.build({ file: 'Dockerfile', tags: ['service'], registryMirrors: { 'docker.io': registry.host } })

  beforeAll(async () => {
    registry = await startDockerRegistry()
    await using maker = await openWorkspace()
    await maker.import(await debianBase(), 'debian:bookworm')
    const saved = await tsbuild(maker, 'save', '-o', 'debian.tar', 'debian:bookworm')
    if (saved.status !== 0) throw new Error(saved.stderr)
    registry.push(`oci-archive:${maker.directory}/debian.tar`, 'library/debian:bookworm')
    workspace = await openWorkspace()
    await workspace.copy(join(fixture, 'context'), 'context')
    workspace.write({ Dockerfile: readFileSync(join(fixture, 'Dockerfile'), 'utf8') })
    first = await build()
  }, 5 * minutes)
  afterAll(() => Promise.all([registry?.[Symbol.asyncDispose](), workspace?.[Symbol.asyncDispose]()]))

  it('is built in two stages, from a base that a registry serves', () => {
    expect(first.cached).toEqual([])
    expect([...first.ran].sort()).toEqual([
      '[build 2/6] RUN apt-get update  && apt-get install -y --no-install-recommends gcc libc6-dev make  && rm -rf /var/lib/apt/lists/*',
      '[build 3/6] WORKDIR /src',
      '[build 4/6] COPY Makefile ./',
      '[build 5/6] COPY src ./src',
      '[build 6/6] RUN make VERSION=dev',
      '[stage-1 2/4] RUN useradd --system --uid 999 --home-dir /srv --shell /usr/sbin/nologin app',
      '[stage-1 3/4] COPY --from=build --chown=app:app /src/service /usr/local/bin/service',
      '[stage-1 4/4] WORKDIR /srv',
    ])
  })

  it('has the settings and the history of image.json', async () => {
    await expect(await showSettings(workspace, 'service')).toMatchFileSnapshot(join(fixture, 'image.json'))
  })

  it('a second build finds every step in the cache, and makes the same image', async () => {
    const second = await build()
    expect(second.ran).toEqual([])
    expect(second.result).toMatchObject({ id: first.result.id, manifest: first.result.manifest })
  })

  it('history shows its own instructions above those of the base', async () => {
    const { rows } = await history('service', {}, workspace.environment)
    expect(rows[0]?.id).toBe(first.result.id)
    expect(rows.map(({ createdBy, size }) => `${size > 0 ? 'files' : 'empty'} ${createdBy}`)).toEqual([
      'empty CMD ["service" "--port" "8080"]',
      'empty HEALTHCHECK {Test:[CMD service --check] Interval:10s Timeout:2s StartPeriod:0s StartInterval:0s Retries:3}',
      'empty STOPSIGNAL SIGTERM',
      'empty EXPOSE [8080/tcp]',
      'empty USER app',
      'empty WORKDIR /srv',
      'files COPY --chown=app:app /src/service /usr/local/bin/service # buildkit',
      'files RUN /bin/sh -c useradd --system --uid 999 --home-dir /srv --shell /usr/sbin/nologin app # buildkit',
      'empty LABEL org.opencontainers.image.title=debian-service',
      'files ',
    ])
  })

  it('skopeo reads it from the store', () => {
    const { Labels, Layers } = JSON.parse(
      runProgram('skopeo', 'inspect', `oci:${workspace.environment.root}/oci:service`),
    )
    expect(Labels).toEqual({ 'org.opencontainers.image.title': 'debian-service' })
    expect(Layers).toHaveLength(4)
  })

  it.skipIf(!hasProgram('umoci'))(
    'skopeo and umoci take its archive, and its program runs (skipped without umoci)',
    async () => {
      const { directory } = workspace
      expect(await tsbuild(workspace, 'save', '-o', 'service.tar', 'service')).toMatchObject({ status: 0 })
      runProgram('skopeo', 'inspect', `oci-archive:${directory}/service.tar`)
      runProgram(
        'skopeo',
        'copy',
        '--insecure-policy',
        `oci-archive:${directory}/service.tar`,
        `oci:${directory}/layout:service`,
      )
      runProgram('umoci', 'unpack', '--image', `${directory}/layout:service`, `${directory}/bundle`)
      const rootfs = join(directory, 'bundle/rootfs')
      const { uid, gid, mode } = statSync(join(rootfs, 'usr/local/bin/service'))
      expect([uid, gid, mode & 0o7777]).toEqual([999, 999, 0o755])
      expect(readdirSync(join(rootfs, 'var/lib/apt/lists'))).toEqual([])
      expect(readdirSync(join(rootfs, 'usr/bin'))).not.toContain('gcc')
      expect(readFileSync(join(rootfs, 'etc/passwd'), 'utf8')).toMatch(/^app:x:999:999::\/srv:\/usr\/sbin\/nologin$/m)
      expect(runProgram('chroot', '--userspec=app', rootfs, 'service')).toBe('debian-service dev\n')
      const { process } = JSON.parse(readFileSync(join(directory, 'bundle/config.json'), 'utf8'))
      expect(process).toMatchObject({ args: ['service', '--port', '8080'], cwd: '/srv', user: { uid: 999, gid: 999 } })
    },
    minutes,
  )

  it('is a base itself: its program runs in a step, as its user', async () => {
    workspace.write({
      'next/Dockerfile': 'FROM service\nRUN service > /tmp/said && id -un >> /tmp/said && cat /tmp/said\n',
    })
    const { events } = await workspace.build({ context: 'next', tags: ['next'] })
    const said = events.flatMap((event) => (event.type === 'step:log' ? [Buffer.from(event.bytes).toString()] : []))
    expect(said.join('')).toBe('debian-service dev\napp\n')
  })

  it('when a source is edited, only what depends on it runs again', async () => {
    workspace.write({ 'context/src/version.h': '#define PRODUCT "debian-service-edited"\n' })
    const { ran, result } = await build()
    expect(ran).toEqual([
      '[build 5/6] COPY src ./src',
      '[build 6/6] RUN make VERSION=dev',
      '[stage-1 3/4] COPY --from=build --chown=app:app /src/service /usr/local/bin/service',
      '[stage-1 4/4] WORKDIR /srv',
    ])
    expect(result.id).not.toBe(first.result.id)
  })

  it('when it is touched but not changed, nothing runs', async () => {
    workspace.write({ 'context/src/version.h': readFileSync(join(fixture, 'context/src/version.h'), 'utf8') })
    const { ran, result } = await build()
    expect({ ran, id: result.id }).toEqual({ ran: [], id: first.result.id })
  })
})
