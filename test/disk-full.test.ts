import { spawnSync } from 'node:child_process'
import { getuid } from 'node:process'
import { expect, onTestFinished, test } from 'vitest'
import { diskFull, fullBelow } from '../src/disk-full.ts'
import { runProgram } from './support/programs.ts'
import { scratch } from './support/scratch.ts'

const failed = 'crun could not start the step: write to seccomp fd'

test('a program may have failed for want of room only where there is little', async () => {
  expect(await fullBelow(await scratch(), failed)).toBeUndefined()
  expect(await fullBelow('/nowhere', failed)).toBeUndefined()
})

test('a file of which a part could be written has that alone in its error', async () => {
  const folder = await scratch()
  expect((await diskFull(undefined, `${folder}/x`, 7, true)).message).toBe(
    `no space left for ${folder}/x (full after 7 bytes of it)`,
  )
  expect((await diskFull(undefined, `${folder}/x`, 7)).message).toMatch(/\(7 bytes, \d+ are free\)$/)
})

test.skipIf(getuid?.() !== 0).each([
  ['size=64k', /\d+ bytes are free\): crun could not start/],
  ['nr_inodes=4', /\d inodes are free\): crun could not start/],
])('that the disk is full is said with what the program said: %s (needs root, and mounts)', async (option, message) => {
  const folder = await scratch()
  runProgram('mount', '-t', 'tmpfs', '-o', option, 'tsbuild-test', folder)
  onTestFinished(() => void spawnSync('umount', [folder]))
  const error = await fullBelow(folder, failed)
  expect(error).toMatchObject({ code: 'TSB_DISK_FULL', message: expect.stringMatching(message) })
})
