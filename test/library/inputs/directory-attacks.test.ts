import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { getuid } from 'node:process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TsbuildError } from '../../../src/errors.ts'
import type { BuildOptions } from '../../../src/index.ts'
import { busyboxBase, hasBusyboxBase, noBusyboxBase } from '../../support/busybox-base.ts'
import { type Outside, putCanary } from '../../support/canary.ts'
import { erofsProblem } from '../../support/erofs.ts'
import { openWorkspace, type Workspace } from '../../support/workspace.ts'

const refusal = (code: string) => expect.objectContaining({ code })
const canRun = getuid?.() === 0 && hasBusyboxBase
const withoutErofs = canRun ? await erofsProblem() : 'it takes root'

let workspace: Workspace
let outside: Outside
beforeEach(async () => {
  workspace = await openWorkspace()
  outside = putCanary(workspace)
})
afterEach(() => workspace[Symbol.asyncDispose]())

const exported = () => join(workspace.directory, 'out')

/** Builds with these files as the context, and writes the files of the image to `out`. */
async function build(
  dockerfile: string,
  context: Readonly<Record<string, string>> = {},
  more: Partial<BuildOptions> = {},
) {
  rmSync(join(workspace.directory, 'context'), { recursive: true, force: true })
  const files = Object.entries({ Dockerfile: dockerfile, ...context })
  workspace.write(Object.fromEntries(files.map(([name, text]) => [`context/${name}`, text])))
  rmSync(exported(), { recursive: true, force: true })
  return workspace.build({ outputs: [{ type: 'local', dest: exported() }], ...more })
}

const read = (name: string) => readFileSync(join(exported(), name), 'utf8')

describe('a directory as the context', () => {
  it('C01 a link that leads out is refused with its name and target, and what it leads to is not read', async () => {
    for (const target of [outside.canary, '../outside/canary']) {
      const refused = build('FROM scratch\nCOPY l /\n', { l: `-> ${target}` })
      await expect(refused).rejects.toThrow(refusal('TSB_CONTEXT_ESCAPE'))
      await expect(refused).rejects.toThrow(`/l is a link to ${target}`)
    }
    await build('FROM scratch\nCOPY . /\n', { l: `-> ${outside.canary}` })
    outside.expectUntouched()
  })

  it.each(['COPY d/canary /', 'COPY d/ /', 'COPY d /', 'COPY d/c* /', 'COPY --parents d/canary /', 'ADD d/canary /'])(
    'C02 a linked directory that leads out: %s is refused',
    async (line) => {
      const refused = build(`FROM scratch\n${line}\n`, { d: `-> ${outside.folder}` })
      await expect(refused).rejects.toThrow(refusal('TSB_CONTEXT_ESCAPE'))
      outside.expectUntouched()
    },
  )

  it('C04 a link to what .dockerignore hides is refused with the line that hides it', async () => {
    const context = { '.env': 'SECRET', l: '-> .env', d: '-> .', '.dockerignore': '# hide\n.env\n' }
    for (const source of ['l', 'd/.env', '.env']) {
      const refused = build(`FROM scratch\nCOPY ${source} /\n`, context)
      await expect(refused).rejects.toThrow(
        expect.objectContaining({ code: 'TSB_COPY_SOURCE_MISSING', hint: '.dockerignore:2 excludes it' }),
      )
    }
  })

  it('C05 .. stops at the root, and wildcards do not climb', async () => {
    const missing = refusal('TSB_COPY_SOURCE_MISSING')
    await expect(build('FROM scratch\nCOPY ../outside/canary /\n')).rejects.toThrow(missing)
    await expect(build('FROM scratch\nCOPY */../../outside/canary /\n', { 'd/f': '' })).rejects.toThrow(missing)
    const stage = 'FROM scratch AS s\nCOPY f /in\nFROM scratch\nCOPY --from=s'
    await expect(build(`${stage} ../../../..${outside.canary} /\n`, { f: 'x' })).rejects.toThrow(missing)
    await build(`${stage} ../../in /\n`, { f: 'from the stage' })
    expect(read('in')).toBe('from the stage')
    outside.expectUntouched()
  })

  it('C06 COPY --from goes through links of the stage inside the stage alone', async () => {
    const stage = `FROM scratch AS s\nCOPY etc /etc\nCOPY links /\nFROM scratch\n`
    const context = {
      'etc/passwd': 'of the stage',
      'links/out': '-> /etc',
      'links/up': '-> ../../../../etc',
      'links/host': `-> ${outside.folder}`,
    }
    await build(`${stage}COPY --from=s /out/passwd /a\nCOPY --from=s /up/passwd /b\n`, context)
    expect([read('a'), read('b')]).toEqual(['of the stage', 'of the stage'])
    const refused = build(`${stage}COPY --from=s /host/canary /\n`, context)
    await expect(refused).rejects.toThrow(refusal('TSB_COPY_SOURCE_MISSING'))
    outside.expectUntouched()
  })

  it('C07 a destination that is a link out lands in the tree', async () => {
    const context = { 'links/app': '-> ../../../..', 'links/host': `-> ${outside.folder}`, f: 'new' }
    const dockerfile = 'FROM scratch AS s\nCOPY links /\nCOPY f /app/\nCOPY f /host/canary\nADD f /host/dir/g\n'
    await build(`${dockerfile}FROM scratch\nCOPY --from=s / /all\n`, context)
    expect(read('all/f')).toBe('new')
    expect([read(`all${outside.canary}`), read(`all${outside.folder}/dir/g`)]).toEqual(['new', 'new'])
    outside.expectUntouched()
  })

  it('C21 a file with holes that no disk has room for is refused before it is read', async () => {
    for (const line of ['COPY f /', 'COPY . /', 'ADD f /', 'RUN --mount=target=/c true']) {
      workspace.write({ 'context/Dockerfile': `FROM scratch\n${line}\n`, 'context/f': '' })
      truncateSync(join(workspace.directory, 'context/f'), 2 ** 40)
      await expect(workspace.build()).rejects.toThrow(refusal('TSB_LAYER_TOO_LARGE'))
    }
  })

  it('C21 a file that is written to while it is copied is refused, or copied as it was', async () => {
    const grow = "for (;;) require('node:fs').appendFileSync('f', 'more')"
    workspace.write({ 'context/f': 'begin' })
    const writer = spawn(process.execPath, ['-e', grow], { cwd: join(workspace.directory, 'context') })
    const ended = once(writer, 'exit')
    try {
      const outcomes = new Set<string>()
      for (let built = 0; built < 20 || !outcomes.has('TSB_FILE_CHANGED'); built++)
        outcomes.add(await outcomeOf('COPY f /'))
      expect([...outcomes].filter((outcome) => !['built', 'TSB_FILE_CHANGED'].includes(outcome))).toEqual([])
    } finally {
      writer.kill()
      await ended
    }
  })

  it('C19 a fifo is refused, and nobody waits for it', async () => {
    const dockerfile = 'FROM scratch\nCOPY . /\n'
    workspace.write({ 'context/Dockerfile': dockerfile })
    execFileSync('mkfifo', [join(workspace.directory, 'context/p')])
    await expect(workspace.build()).rejects.toThrow(refusal('TSB_CONTEXT_SPECIAL'))
    workspace.write({ 'context/.dockerignore': 'p' })
    await workspace.build()
  })
})

describe.skipIf(!canRun)(`in a step after COPY (${hasBusyboxBase ? 'needs root' : noBusyboxBase})`, () => {
  const forms = withoutErofs === '' ? (['erofs', 'overlay', 'copy'] as const) : (['overlay', 'copy'] as const)
  it.each(forms)('C07 a destination that is a link out lands in the tree: %s', async (form) => {
    await workspace.import(busyboxBase(), 'base')
    const stage = 'FROM base\nCOPY links /\nCOPY f /app/\nCOPY f /host/canary\n'
    const show = `RUN cat /f ${outside.canary} >/seen && rm /host/canary && echo >/app/more\n`
    const take = 'FROM scratch\nCOPY --from=0 /seen /\n'
    const context = { 'links/app': '-> ../../../..', 'links/host': `-> ${outside.folder}`, f: 'new' }
    await build(stage + show + take, context, { snapshotter: form })
    expect(read('seen')).toBe('newnew')
    outside.expectUntouched()
  })
})

/** What a process of the machine does to the context while it is built, 10,000 times. */
const swap = (canary: string) => `
  const { mkdirSync, renameSync, symlinkSync, writeFileSync } = require('node:fs')
  const { dirname } = require('node:path')
  mkdirSync('real')
  writeFileSync('real/canary', 'honest')
  symlinkSync(dirname('${canary}'), 'linked')
  for (let i = 0; i < 2500; i++) {
    writeFileSync('n', 'honest')
    renameSync('n', 'f')
    symlinkSync('${canary}', 'm')
    renameSync('m', 'f')
    renameSync('real', 'd')
    renameSync('d', 'real')
    renameSync('linked', 'd')
    renameSync('d', 'linked')
  }`

describe('a context that changes while it is built', () => {
  it('C03 files and directories that change places with links to a secret never give it away', async () => {
    workspace.write({ 'context/.dockerignore': 'Dockerfile\n', 'context/a': 'x' })
    const swapper = spawn(process.execPath, ['-e', swap(outside.canary)], { cwd: join(workspace.directory, 'context') })
    const ended = once(swapper, 'exit')
    const outcomes = new Set<string>()
    try {
      for (let built = 0; swapper.exitCode === null; built++) {
        const source = ['COPY . /', 'COPY f /', 'COPY d/canary /', 'COPY d /'][built % 4]
        outcomes.add(await outcomeOf(source ?? ''))
      }
    } finally {
      swapper.kill()
      await ended
    }
    const clean = ['built', 'TSB_FILE_CHANGED', 'TSB_CONTEXT_ESCAPE', 'TSB_COPY_SOURCE_MISSING']
    expect([...outcomes].filter((outcome) => !clean.includes(outcome))).toEqual([])
    expect(swapper.exitCode).toBe(0)
    outside.expectUntouched()
  }, 120_000)
})

/** `built`, or the code of the error that a build without the cache ends with. */
async function outcomeOf(copy: string): Promise<string> {
  try {
    await workspace.build({ dockerfile: `FROM scratch\n${copy}\n`, noCache: true })
    return 'built'
  } catch (error) {
    if (error instanceof TsbuildError) return error.code
    throw error
  }
}
