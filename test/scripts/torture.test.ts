import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { execPath, getuid } from 'node:process'
import { describe, expect, it } from 'vitest'
import { hasBusyboxBase, noBusyboxBase } from '../support/busybox-base.ts'
import { hasDockerRegistry, noDockerRegistry } from '../support/docker-registry.ts'

const able = getuid?.() === 0 && hasBusyboxBase && hasDockerRegistry
const needs = hasDockerRegistry ? (hasBusyboxBase ? 'needs root' : noBusyboxBase) : noDockerRegistry
const root = join(import.meta.dirname, '../..')

describe.skipIf(!able)(`torture (${needs})`, () => {
  it('F08 builds that are killed at random moments lose nothing and leave nothing', { timeout: 600_000 }, () => {
    const words = ['scripts/torture.ts', '--kills=2', '--seed=5', '--minutes=5']
    const { status, stdout, stderr } = spawnSync(execPath, words, { cwd: root, encoding: 'utf8' })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(/^2 kills, \d+ builds, 0 faults; seed 5$/m)
  })
})
