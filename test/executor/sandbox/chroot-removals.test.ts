import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { goneFrom, namesBelow, takeAway } from '../../../src/executor/sandbox/chroot-removals.ts'
import { scratch } from '../../support/scratch.ts'

async function folders() {
  const top = await scratch()
  const [source, outside] = [path.join(top, 'source'), path.join(top, 'outside')]
  for (const name of ['a/b', 'kept']) mkdirSync(path.join(source, name), { recursive: true })
  for (const name of ['a/b/file', 'a/one', 'kept/two']) writeFileSync(path.join(source, name), name)
  mkdirSync(path.join(outside, 'b'), { recursive: true })
  writeFileSync(path.join(outside, 'b/file'), 'of the host')
  writeFileSync(path.join(outside, 'one'), 'of the host')
  return { source, outside, aside: path.join(top, 'aside') }
}

describe('what a step removed from a copy', () => {
  test('is told by what was there before: a folder stands for all in it, and another kind counts as gone', async () => {
    const { source } = await folders()
    const before = await namesBelow(source)
    rmSync(path.join(source, 'a'), { recursive: true })
    rmSync(path.join(source, 'kept'), { recursive: true })
    writeFileSync(path.join(source, 'kept'), 'a file now')
    writeFileSync(path.join(source, 'new'), '')
    expect([...goneFrom(before, await namesBelow(source))].sort()).toEqual(['a', 'kept'])
    expect(goneFrom(await namesBelow(source), await namesBelow(source))).toEqual([])
  })

  test('is taken from where the copy came from, and nothing else is', async () => {
    const { source, aside } = await folders()
    writeFileSync(path.join(source, 'a/of-another-step'), '')
    await takeAway(source, ['a/b', 'a/one', 'nothing/here'], aside)
    expect(readdirSync(source, { recursive: true }).sort()).toEqual(['a', 'a/of-another-step', 'kept', 'kept/two'])
  })

  test('D10 is taken through no link that another step put there', async () => {
    const { source, outside, aside } = await folders()
    rmSync(path.join(source, 'a'), { recursive: true })
    symlinkSync(outside, path.join(source, 'a'))
    await takeAway(source, ['a/b', 'a/one', 'a/b/file'], aside)
    expect(readdirSync(outside, { recursive: true }).sort()).toEqual(['b', 'b/file', 'one'])
    await takeAway(source, ['a'], `${aside}2`)
    expect([existsSync(path.join(source, 'a')), existsSync(path.join(outside, 'one'))]).toEqual([false, true])
  })
})
