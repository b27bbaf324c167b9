import { readFileSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { build, type Environment } from '../../src/index.ts'
import { findingsIn } from '../support/fsck.ts'
import { openWorkspace } from '../support/workspace.ts'

const hour = 3_600_000

describe('a clock that is set', () => {
  it.each([
    ['back', -hour],
    ['forward', 24 * hour],
    ['before the beginning', -Date.now() - hour],
  ])('%s: nothing breaks, and what is remembered of a file is not believed when it is another', async (_, jump) => {
    await using workspace = await openWorkspace()
    const place = join(workspace.directory, 'context/file')
    const dest = join(workspace.directory, 'out')
    workspace.write({ 'context/Dockerfile': 'FROM scratch\nCOPY file /\n', 'context/file': 'one' })
    const copied = async (now: Environment['now']) => {
      const outputs = [{ type: 'local', dest } as const]
      const { steps } = await build({ context: 'context', outputs, tags: ['app'] }, { ...workspace.environment, now })
      return [readFileSync(join(dest, 'file'), 'utf8'), steps.cached]
    }
    const moved = () => Date.now() + jump
    expect(await copied(Date.now)).toEqual(['one', 0])
    expect(await copied(moved)).toEqual(['one', 1])
    for (const text of ['two', 'six', 'ten']) {
      const { atime, mtime } = statSync(place)
      workspace.write({ 'context/file': text })
      utimesSync(place, atime, mtime)
      expect(await copied(moved)).toEqual([text, 0])
    }
    expect(await copied(Date.now)).toEqual(['ten', 1])
    expect(await findingsIn(workspace.environment)).toEqual([])
  })
})
