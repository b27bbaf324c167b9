import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findIgnoreFile } from '../../src/context/index.ts'
import { writeFiles } from '../support/files.ts'
import { scratch } from '../support/scratch.ts'

describe('findIgnoreFile', () => {
  it('takes .dockerignore at the root of the context', async () => {
    const context = await scratch()
    writeFiles(context, { Dockerfile: '', '.dockerignore': 'a\n' })
    expect(await findIgnoreFile(context, join(context, 'Dockerfile'))).toEqual({ name: '.dockerignore', text: 'a\n' })
    expect(await findIgnoreFile(context)).toEqual({ name: '.dockerignore', text: 'a\n' })
  })

  it('prefers the one beside the Dockerfile, and does not join them', async () => {
    const context = await scratch()
    writeFiles(context, { 'docker/prod': '', 'docker/prod.dockerignore': 'b\n', '.dockerignore': 'a\n' })
    const name = 'docker/prod.dockerignore'
    expect(await findIgnoreFile(context, join(context, 'docker/prod'))).toEqual({ name, text: 'b\n' })
  })

  it('finds it beside a Dockerfile outside of the context', async () => {
    const root = await scratch()
    writeFiles(root, { 'context/x': '', 'dockerfiles/prod': '', 'dockerfiles/prod.dockerignore': 'c\n' })
    const found = await findIgnoreFile(join(root, 'context'), join(root, 'dockerfiles/prod'))
    expect(found).toEqual({ name: 'prod.dockerignore', text: 'c\n' })
  })

  it('finds none where there is none', async () => {
    const context = await scratch()
    expect(await findIgnoreFile(context, join(context, 'nope/Dockerfile'))).toBeUndefined()
  })

  it('follows a link inside the context, and refuses one that leads out of it', async () => {
    const root = await scratch()
    writeFiles(root, {
      canary: 'CANARY',
      'in/ignore': 'a\n',
      'in/.dockerignore': '-> ignore',
      'out/.dockerignore': '-> ../canary',
    })
    expect(await findIgnoreFile(join(root, 'in'))).toMatchObject({ text: 'a\n' })
    await expect(findIgnoreFile(join(root, 'out'))).rejects.toThrow(
      expect.objectContaining({ code: 'TSB_IGNORE_FILE' }),
    )
  })

  it('refuses a directory of that name', async () => {
    const context = await scratch()
    writeFiles(context, { '.dockerignore/': '' })
    await expect(findIgnoreFile(context)).rejects.toThrow(expect.objectContaining({ code: 'TSB_IGNORE_FILE' }))
  })
})
