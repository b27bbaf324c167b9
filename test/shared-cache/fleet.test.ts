import { mkdirSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { tsbuild } from '../support/command-line.ts'
import { hasDockerRegistry, noDockerRegistry, startDockerRegistry } from '../support/docker-registry.ts'
import { runProgram } from '../support/programs.ts'
import { openWorkspace, type Workspace } from '../support/workspace.ts'

const dockerfile = 'FROM scratch AS files\nCOPY a /a\nCOPY b /b\nFROM scratch\nCOPY --from=files /a /b /app/\n'

/** Same and different commits. */
const commits = ['x', 'x', 'x', 'x', 'y', 'y', 'z', 'w']

describe.skipIf(!hasDockerRegistry)(`many machines write one cache (${noDockerRegistry})`, () => {
  it('8 at once lose no record and mix none, and every image is whole', async () => {
    await using server = await startDockerRegistry()
    const ref = `${server.host}/fleet/app:cache`
    const machines: Workspace[] = []
    const machine = async (commit: string) => {
      const made = await openWorkspace()
      machines.push(made)
      made.write({ 'context/Dockerfile': dockerfile, 'context/a': 'a of all', 'context/b': `b of ${commit}` })
      return made
    }
    try {
      const builders = await Promise.all(commits.map(machine))
      const cache = ['--cache-from', ref, '--cache-to', `type=registry,ref=${ref},mode=max,required=true`]
      const name = (at: number) => `${server.host}/fleet/app:${at}`
      const ran = await Promise.all(
        builders.map((on, at) => tsbuild(on, '-q', '--push', '-t', name(at), ...cache, 'context')),
      )
      expect(ran.map(({ status, stderr }) => ({ status, stderr: withoutFirst(stderr) }))).toEqual(
        commits.map(() => ({ status: 0, stderr: '' })),
      )
      const read = await machine('x')
      for (const [at, commit] of commits.entries()) {
        const into = path.join(read.directory, `image-${at}`)
        runProgram('skopeo', 'copy', '--src-tls-verify=false', `docker://${name(at)}`, `oci:${into}:latest`)
        const out = path.join(read.directory, `files-${at}`)
        mkdirSync(out)
        runProgram('umoci', 'unpack', '--rootless', '--image', `${into}:latest`, `${out}/bundle`)
        const files = path.join(out, 'bundle/rootfs/app')
        expect(readdirSync(files)).toEqual(['a', 'b'])
        expect(String(runProgram('cat', `${files}/a`, `${files}/b`))).toBe(`a of allb of ${commit}`)
      }
      for (const commit of new Set(commits)) {
        const cold = await machine(commit)
        const again = await cold.build({ cacheFrom: [{ type: 'registry', ref, required: true, verify: true }] })
        expect({ commit, ran: again.ran }).toEqual({ commit, ran: [] })
        const ids = ran.flatMap(({ stdout }, at) => (commits[at] === commit ? [stdout.trim()] : []))
        expect(ids).toContain(again.result.id)
      }
    } finally {
      for (const each of machines) await each[Symbol.asyncDispose]()
    }
  })
})

/** Who comes first finds no cache there. */
function withoutFirst(stderr: string): string {
  return stderr.replace(/^.*the cache \S+ is not used: .*not found.*\n/gm, '')
}
