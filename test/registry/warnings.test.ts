import { expect, it } from 'vitest'
import { tsbuild } from '../support/command-line.ts'
import { startServer } from '../support/http-server.ts'
import { open } from '../support/pulling.ts'
import { openWorkspace } from '../support/workspace.ts'

it('what a registry warns of is told once, as plain text', async () => {
  let asked = 0
  await using server = await startServer((_, response) => {
    response.setHeader('warning', ['299 - "goes \\"away\\" soon"', `299 - "two ${++asked}"`, '199 - "not this"'])
    response.end('{"tags":["a"]}')
  })
  const notices: string[] = []
  const registry = open({ notice: (text) => notices.push(text) })
  for (let i = 0; i < 20; i++) await registry.tags(`${server.host}/app`)
  registry.close()
  expect(notices.slice(0, 2)).toEqual([`${server.host} warns: goes "away" soon`, `${server.host} warns: two 1`])
  expect(notices).toHaveLength(10)
})

it('a warning stands on standard error beside the result', async () => {
  await using server = await startServer((_, response) => {
    response.setHeader('warning', '299 - "this registry moves"').end('{"tags":["a"]}')
  })
  await using workspace = await openWorkspace()
  const ran = await tsbuild(workspace, 'ls', `${server.host}/app`)
  expect(ran).toMatchObject({ status: 0, stdout: 'a\n' })
  expect(ran.stderr).toContain(`${server.host} warns: this registry moves`)
})
