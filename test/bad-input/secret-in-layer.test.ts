import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { getuid } from 'node:process'
import { beforeAll, describe, expect, it } from 'vitest'
import { openBadWorkspace, refused } from '../support/bad-input.ts'
import { hasBusyboxBase, noBusyboxBase } from '../support/busybox-base.ts'
import { tsbuild } from '../support/command-line.ts'
import type { Workspace } from '../support/workspace.ts'

const able = getuid?.() === 0 && hasBusyboxBase
const canary = 'CANARY/4711+x'
const coded = Buffer.from(`user:${canary}`).toString('base64')
const secret = ['--secret', 'id=npm,src=token']
const flags = ['--progress=plain', '-f', 'Dockerfile', '-t', 'bad', 'context']
const mount = '--mount=type=secret,id=npm'

/** The files of a store that have the secret in them. */
function holders({ environment }: Workspace): readonly string[] {
  return readdirSync(environment.root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => [canary, coded].some((text) => readFileSync(file).includes(text)))
}

describe.skipIf(!able)(`a secret in a layer (${hasBusyboxBase ? 'needs root' : noBusyboxBase})`, () => {
  let workspace: Workspace
  beforeAll(async () => {
    workspace = await openBadWorkspace()
    workspace.write({ token: `${canary}\n`, other: 'something else', short: 'short77' })
    workspace.write({ 'context/npmrc': `_authToken=${canary}` })
    return () => workspace[Symbol.asyncDispose]()
  })
  const write = (...lines: readonly string[]) => workspace.write({ Dockerfile: `FROM busybox\n${lines.join('\n')}\n` })

  it.each([
    ['that a RUN leaves in a file', `RUN ${mount} mkdir /a && cp /run/secrets/npm /a/config`, '/a/config'],
    ['that a RUN leaves in base64', `RUN ${mount} printf user:$(cat /run/secrets/npm) | base64 >/auth`, '/auth'],
    ['that is the target of a link', `RUN ${mount} ln -s "$(cat /run/secrets/npm)" /link`, '/link'],
    ['that is the name of a file', `RUN ${mount} mkdir -p "/$(cat /run/secrets/npm)"`, '/***'],
    ['that a file of the context has too', 'COPY npmrc /root/.npmrc', '/root/.npmrc'],
    ['that is in a large file', `RUN ${mount} { head -c 1500000 /dev/zero; cat /run/secrets/npm; } >/big`, '/big'],
  ])('G01: one %s is an error with its place, and nothing is kept', async (_, line, file) => {
    write(line)
    const ran = await refused(workspace, [...secret, ...flags], {
      error: new RegExp(`the layer has the value of the secret npm in ${file.replaceAll('*', '\\*')}$`),
      hint: /--mount=type=secret,id=npm; --allow-secret-in-layer/,
      at: 'Dockerfile:2',
    })
    expect(ran.stderr).toContain('TSB_SECRET_IN_LAYER')
    expect(ran.stderr).not.toContain(canary)
    expect(holders(workspace)).toEqual([])
  })

  it('G01: --allow-secret-in-layer builds with a notice; without it the cached layer is an error again', async () => {
    write(`RUN ${mount} cp /run/secrets/npm /copied`)
    for (const end of ['DONE', 'CACHED']) {
      const { status, stderr } = await tsbuild(workspace, ...secret, '--allow-secret-in-layer', ...flags)
      expect(stderr).toMatch(/warning: \[2\/2\] RUN .*: the layer has the value of the secret npm in \/copied/)
      expect(stderr).toMatch(new RegExp(`^#\\d+ ${end}`, 'm'))
      expect(status).toBe(0)
    }
    await refused(workspace, [...secret, ...flags], { error: /the secret npm in \/copied$/, at: 'Dockerfile:2' })
  })

  it('G01: a layer that is cached from before the secret was given is looked into', async () => {
    write('COPY npmrc /npmrc', 'RUN echo harmless >/file')
    expect(await tsbuild(workspace, ...flags)).toMatchObject({ status: 0 })
    const other = ['--secret', 'id=other,src=other']
    const { status, stderr } = await tsbuild(workspace, ...other, ...flags)
    expect({ status, cached: stderr.match(/ CACHED/g)?.length }).toEqual({ status: 0, cached: 2 })
    const complaint = { error: /the secret npm in \/npmrc$/, at: 'Dockerfile:2' }
    await refused(workspace, [...other, ...secret, ...flags], complaint)
  })

  it('G01: what a step only sees is no layer, and values of less than 8 bytes are not looked for', async () => {
    write('RUN --mount=type=bind,target=/context grep -q 4711 /context/npmrc && echo short77 >/file')
    const ran = await tsbuild(workspace, ...secret, '--secret', 'id=short,src=short', ...flags)
    expect(ran).toMatchObject({ status: 0 })
  })
})
