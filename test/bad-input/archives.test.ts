import { readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { buildRefused, openBadWorkspace, refused } from '../support/bad-input.ts'
import { hasBusyboxBase, noBusyboxBase } from '../support/busybox-base.ts'
import { tsbuild } from '../support/command-line.ts'
import { tar } from '../support/tar.ts'
import type { Workspace } from '../support/workspace.ts'

describe.skipIf(!hasBusyboxBase)(`a damaged archive (${hasBusyboxBase ? 'of busybox' : noBusyboxBase})`, () => {
  let workspace: Workspace
  const at = (name: string) => join(workspace.directory, name)

  beforeAll(async () => {
    workspace = await openBadWorkspace()
    const saved = await tsbuild(workspace, 'save', '-o', 'whole.tar', 'busybox')
    if (saved.status !== 0) throw new Error(saved.stderr)
    const whole = readFileSync(at('whole.tar'))
    writeFileSync(at('noise'), Buffer.from(Array.from({ length: 4000 }, (_, i) => (i * 197) % 251)))
    writeFileSync(at('empty'), '')
    writeFileSync(at('rootfs.tar'), tar('d etc/', 'f etc/motd=hi'))
    writeFileSync(at('cut.tar'), whole)
    truncateSync(at('cut.tar'), whole.length / 2)
    writeFileSync(at('cut.tar.gz'), gzipSync(whole).subarray(0, 300_000))
    const changed = Buffer.from(whole)
    changed.fill(0, whole.length / 2, whole.length / 2 + 8)
    writeFileSync(at('changed.tar'), changed)
    writeFileSync(at('climbing.tar'), tar('f ../../etc/cron.d/x=1'))
  })
  afterAll(() => workspace[Symbol.asyncDispose]())

  describe.each([
    ['load', ['load', '-i']],
    ['import', ['import']],
    ['history', ['history']],
  ] as const)('is refused by %s', (command, words) => {
    const argument = (name: string) => (command === 'history' ? `oci-archive:${name}` : name)
    const run = (name: string, complaint: Parameters<typeof refused>[2]) =>
      refused(workspace, [...words, argument(name)], complaint)

    it('when it is not there', () =>
      run('nothing.tar', { error: /cannot open \/.*\/nothing\.tar: no such file or directory$/, hint: /path/ }))

    it('when it is no archive', () =>
      run('noise', { error: /cannot read .*noise: it is not a tar archive$/, hint: /right file\?$/ }))

    it('when it is cut short', () =>
      run('cut.tar', {
        error: /cannot read .*cut\.tar: (layer sha256:\S+: )?the archive is cut short after \d+ bytes$/,
        hint: /get it again$/,
      }))

    it('when it is compressed and cut short', () =>
      run('cut.tar.gz', {
        error: /cannot read .*cut\.tar\.gz: the compressed data is cut short$/,
        hint: /get it again$/,
      }))

    it('when it is empty', () => run('empty', { error: /empty/ }))
  })

  it('is refused by load when a blob has other bytes than its digest', () =>
    refused(workspace, ['load', '-i', 'changed.tar'], { error: /sha256:[0-9a-f]{64}.* other bytes/ }))

  it('is refused by load when it is the archive of a root file system', () =>
    refused(workspace, ['load', '-i', 'rootfs.tar'], { error: /is no image archive/, hint: /use tsbuild import$/ }))

  it('is refused by import when it climbs out of its root', () =>
    refused(workspace, ['import', 'climbing.tar', 'climbing'], {
      error: /climbing\.tar: .*\.\.\/\.\.\/etc\/cron\.d\/x/,
    }))

  it('is refused as a base, with the place in the Dockerfile', () =>
    buildRefused(workspace, 'FROM oci-archive:cut.tar\nRUN true\n', {
      error: /cannot read \/.*\/cut\.tar: the archive is cut short/,
      hint: /get it again$/,
      at: 'Dockerfile:1',
    }))

  it('is refused as a base whose layer has other bytes than its digest', () =>
    buildRefused(workspace, 'FROM oci-archive:changed.tar\nRUN true\n', {
      error: /sha256:[0-9a-f]{64} of \/.*\/changed\.tar has other bytes/,
      hint: /get it again$/,
      at: 'Dockerfile:2',
    }))

  it('a layout that is not there is named', () =>
    buildRefused(workspace, 'FROM oci-layout://nowhere\n', {
      error: /cannot open \/.*\/nowhere: no such file or directory$/,
      at: 'Dockerfile:1',
    }))
})
