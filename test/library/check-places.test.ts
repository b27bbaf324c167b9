import { mkdirSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import type { BuildOptions, OutputOptions } from '../../src/index.ts'
import { openWorkspace } from '../support/workspace.ts'

const dockerfile = 'FROM scratch\nCOPY file /\n'

test('where nothing can be written is refused before anything is read or made', async () => {
  await using workspace = await openWorkspace()
  workspace.write({ 'context/file': '' })
  mkdirSync(path.join(workspace.directory, 'folder/full'), { recursive: true })
  const before = readdirSync(workspace.directory)
  const events: string[] = []
  const onEvent: BuildOptions['onEvent'] = ({ type }) => void events.push(type)
  const refused = async (options: Partial<BuildOptions>, code: string) =>
    expect(workspace.build({ dockerfile, onEvent, ...options })).rejects.toMatchObject({ name: 'TsbuildError', code })
  const outputs: readonly (readonly [OutputOptions, string])[] = [
    [{ type: 'oci', dest: 'no/such/x.tar', tar: true }, 'TSB_EXPORT_WRITE'],
    [{ type: 'tar', dest: '/proc/x.tar' }, 'TSB_EXPORT_WRITE'],
    [{ type: 'docker', dest: 'folder', tar: true }, 'TSB_EXPORT_DEST'],
    [{ type: 'oci', dest: 'folder', tar: false }, 'TSB_EXPORT_REFUSED'],
    [{ type: 'local', dest: 'context/file' }, 'TSB_EXPORT_DEST'],
    [{ type: 'local', dest: 'context/file/below' }, 'TSB_EXPORT_WRITE'],
  ]
  for (const [output, code] of outputs) await refused({ outputs: [output] }, code)
  await refused({ errorOutputs: [{ type: 'local', dest: '/proc/x' }] }, 'TSB_EXPORT_WRITE')
  await refused({ errorOutputs: [{ type: 'tar', dest: 'no/x.tar' }] }, 'TSB_EXPORT_WRITE')
  expect(events).toEqual([])
  expect(readdirSync(workspace.directory)).toEqual(before)
})

test('what is below a directory of an earlier output need not be there yet', async () => {
  await using workspace = await openWorkspace()
  workspace.write({ 'context/file': '' })
  const outputs = [
    { type: 'local', dest: 'out' },
    { type: 'tar', dest: 'out/files.tar' },
  ] as const
  await workspace.build({ dockerfile, outputs })
  expect(readdirSync(path.join(workspace.directory, 'out'))).toEqual(['file', 'files.tar'])
})
