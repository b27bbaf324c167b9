import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  commit,
  diskUsage,
  history,
  listStep,
  openImages,
  prune,
  push,
  readStep,
  removeContainer,
  shell,
  stepDiff,
} from '../../src/index.ts'
import { openWorkspace } from '../support/workspace.ts'

test('who only looks makes no store where none is', async () => {
  await using workspace = await openWorkspace()
  const environment = { ...workspace.environment, root: join(workspace.directory, 'nowhere') }
  const images = await openImages(environment)
  expect(await images.list()).toEqual([])
  const missing = { code: 'TSB_IMAGE_NOT_FOUND', message: 'No such image: app' }
  await expect(images.inspect('app')).rejects.toMatchObject(missing)
  await expect(images.tag('app', 'b')).rejects.toMatchObject(missing)
  await expect(images.remove('app')).rejects.toMatchObject(missing)
  await images.close()
  expect(await diskUsage({}, environment)).toMatchObject({ entries: [], total: 0 })
  expect(await prune({}, environment)).toMatchObject({ removed: [], total: 0 })
  await expect(history('oci-archive:nothing.tar', {}, environment)).rejects.toMatchObject({
    code: 'TSB_ARCHIVE_NOT_FOUND',
  })
  const noContainer = { code: 'TSB_CONTAINER_NOT_FOUND' }
  await expect(removeContainer('box', environment)).rejects.toMatchObject(noContainer)
  await expect(commit({ container: 'box' }, environment)).rejects.toMatchObject(noContainer)
  await expect(push('app', [], {}, environment)).rejects.toMatchObject({ code: 'TSB_IMAGE_NOT_FOUND' })
  const noStep = { code: 'TSB_STEP_NOT_FOUND' }
  const io = { output: () => {} }
  await expect(shell({ io }, environment)).rejects.toMatchObject(noStep)
  await expect(listStep({ path: '/' }, environment)).rejects.toMatchObject(noStep)
  await expect(stepDiff({}, environment)).rejects.toMatchObject(noStep)
  await expect(readStep({ path: '/a', write: () => {} }, environment)).rejects.toMatchObject(noStep)
  expect(existsSync(environment.root)).toBe(false)
})
