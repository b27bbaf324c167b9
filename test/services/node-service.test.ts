import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { canMakeDebian, debianBase, noDebian } from '../support/debian-base.ts'
import { showSettings } from '../support/golden-image.ts'
import { npmFolder } from '../support/npm-folder.ts'
import { type Built, openWorkspace, type Workspace } from '../support/workspace.ts'

const fixture = resolve(import.meta.dirname, '../../fixtures/dockerfiles/node-service')
const npm = npmFolder()
const reason = canMakeDebian ? (npm ? 'base by debootstrap' : 'npm is not installed') : noDebian
const minutes = 60_000

/** This machine's Node and npm, as the official images have them. */
const nodeBase = `FROM debian:bookworm
COPY --from=node --chmod=755 node /usr/local/bin/node
COPY --from=npm . /usr/local/lib/node_modules/npm
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
CMD ["node"]
`

describe.skipIf(!canMakeDebian || !npm)(`a Node service (${reason})`, () => {
  let workspace: Workspace
  let first: Built
  const build = () => workspace.build({ file: 'Dockerfile', tags: ['service'] })

  beforeAll(async () => {
    workspace = await openWorkspace()
    await workspace.import(await debianBase(), 'debian:bookworm')
    workspace.write({ 'base/Dockerfile': nodeBase })
    const contexts = { node: dirname(process.execPath), npm: npm ?? '' }
    await workspace.build({ context: 'base', tags: ['node:24'], contexts })
    await workspace.copy(join(fixture, 'context'), 'context')
    workspace.write({
      Dockerfile: readFileSync(join(fixture, 'Dockerfile'), 'utf8'),
      'context/node_modules/left-over/index.js': 'the machine of the author',
    })
    first = await build()
  }, 5 * minutes)
  afterAll(() => workspace?.[Symbol.asyncDispose]())

  it('is built: dependencies are installed, sources checked', () => {
    expect(first.ran).toEqual([
      '[2/7] WORKDIR /app',
      '[3/7] COPY package.json package-lock.json ./',
      '[4/7] COPY vendor ./vendor',
      '[5/7] RUN npm ci --offline --no-audit --no-fund',
      '[6/7] COPY src ./src',
      '[7/7] RUN node src/check.js',
    ])
  })

  it('has the settings and the history of image.json', async () => {
    await expect(await showSettings(workspace, 'service')).toMatchFileSnapshot(join(fixture, 'image.json'))
  })

  it('a second build finds every step in the cache, and makes the same image', async () => {
    const { ran, result } = await build()
    expect({ ran, id: result.id }).toEqual({ ran: [], id: first.result.id })
  })

  it('when a source is edited, it is copied and checked again, and nothing is installed', async () => {
    const source = readFileSync(join(fixture, 'context/src/server.js'), 'utf8')
    workspace.write({ 'context/src/server.js': `${source}// edited\n` })
    expect((await build()).ran).toEqual(['[6/7] COPY src ./src', '[7/7] RUN node src/check.js'])
  })

  it('when what .dockerignore excludes is edited, nothing runs', async () => {
    workspace.write({ 'context/node_modules/left-over/index.js': 'changed', 'context/npm-debug.log': 'x' })
    expect((await build()).ran).toEqual([])
  })

  it('when a dependency is edited, all that follows runs', async () => {
    const manifest = readFileSync(join(fixture, 'context/package.json'), 'utf8')
    workspace.write({ 'context/package.json': manifest.replace('{', '{\n  "description": "edited",') })
    expect((await build()).ran.map((label) => label.slice(0, 5))).toEqual(['[3/7]', '[4/7]', '[5/7]', '[6/7]', '[7/7]'])
  })
})
