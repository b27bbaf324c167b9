import { chownSync, existsSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import type { BuildFlags } from '../../../src/cli/flags/build-options.ts'
import { createProgram, runProgram } from '../../../src/cli/program/program.ts'
import { applyConfig } from '../../../src/cli/settings/apply.ts'
import { tsbuild } from '../../support/command-line.ts'
import { openWorkspace, type Workspace } from '../../support/workspace.ts'

/** The flags that a command has after its line and a config were read. */
async function flags(
  { directory }: Workspace,
  config: object,
  line: readonly string[],
  env: Readonly<Record<string, string>> = {},
  cwd = directory,
): Promise<BuildFlags & { readonly progress?: string }> {
  const { writeFileSync } = await import('node:fs')
  const file = path.join(directory, 'tsbuild.config.json')
  writeFileSync(file, JSON.stringify(config))
  let seen: object | undefined
  const program = createProgram(
    async () => {},
    () => {},
    line,
    async (all, command) => {
      await applyConfig(file, all, command, { env, cwd })
      seen = { ...all.opts(), ...command.opts() }
    },
  )
  await runProgram(program, line)
  return seen as BuildFlags
}

describe('a config file', () => {
  test('gives what neither the command line nor the environment says', async () => {
    await using workspace = await openWorkspace()
    const config = { jobs: 3, progress: 'plain', platform: ['linux/amd64', 'linux/arm64'], memory: 512, debug: true }
    expect(await flags(workspace, config, ['.'])).toMatchObject({
      jobs: '3',
      progress: 'plain',
      platform: ['linux/amd64', 'linux/arm64'],
      memory: '512',
      debug: true,
    })
    const env = { BUILDKIT_PROGRESS: 'tty', DOCKER_DEFAULT_PLATFORM: 'linux/386' }
    const asked = await flags(workspace, config, ['--jobs', '1', '.'], env)
    expect([asked.jobs, asked.progress, asked.platform]).toEqual(['1', undefined, []])
    expect((await flags(workspace, config, ['--platform', 'linux/386', '.'])).platform).toEqual(['linux/386'])
    expect((await flags(workspace, config, ['-q', '.'])).progress).toBeUndefined()
  })

  test('of pairs gives those that are not named otherwise', async () => {
    await using workspace = await openWorkspace()
    const config = {
      buildArgs: { A: 1, B: true, C: 'x' },
      labels: { a: '1', b: '2' },
      registryMirrors: { 'docker.io': 'm:5000', 'ghcr.io': 'm:5001' },
    }
    const line = ['--build-arg', 'B=2', '--registry-mirror', 'ghcr.io=other', '--label', 'a=3', '.']
    expect(await flags(workspace, config, line)).toMatchObject({
      buildArg: ['A=1', 'C=x', 'B=2'],
      label: ['b=2', 'a=3'],
      registryMirror: ['docker.io=m:5000', 'ghcr.io=other'],
    })
  })

  test('counts paths from where it lies, and says what is built only of what lies there', async () => {
    await using workspace = await openWorkspace()
    const { directory } = workspace
    mkdirSync(path.join(directory, 'sub'))
    const config = {
      file: 'docker/Dockerfile',
      tags: ['a'],
      cacheTo: ['type=local,dest=c,mode=max', 'ref:1'],
    }
    const cacheTo = [`type=local,dest=${directory}/c,mode=max`, 'ref:1']
    const own = { file: `${directory}/docker/Dockerfile`, tag: ['a'], cacheTo }
    expect(await flags(workspace, config, ['.'])).toMatchObject(own)
    expect(await flags(workspace, config, [], {}, path.join(directory, 'sub'))).toMatchObject(own)
    for (const context of ['/', '-', 'https://github.com/me/app.git', 'nosuch']) {
      const elsewhere = await flags(workspace, config, ['build', context])
      expect([elsewhere.file, elsewhere.tag, elsewhere.cacheTo]).toEqual([undefined, [], cacheTo])
    }
  })

  test('says nothing of builds to other commands, and what all commands have to all', async () => {
    await using workspace = await openWorkspace()
    const config = { platform: 'linux/arm64', registryMirrors: { a: 'b' }, registryAllow: ['a.example'] }
    const history = await flags(workspace, config, ['history', 'x'])
    expect(history).toMatchObject({ registryMirror: ['a=b'], registryAllow: ['a.example'] })
    expect(history).not.toHaveProperty('platform')
    expect(await flags(workspace, config, ['plan', '.'])).toMatchObject({ platform: ['linux/arm64'] })
  })

  test('is read by the program: --config, TSBUILD_CONFIG, the nearest; --no-config reads none', async () => {
    await using workspace = await openWorkspace()
    workspace.write({
      Dockerfile: 'FROM scratch\nARG A=none\nCOPY <<E /a\n$A\nE\n',
      'tsbuild.config.json': '{"buildArgs":{"A":"nearest"},"tags":["nearest"],"jobs":2}',
      'other/named.json': '{"pull":"missing","runtime":"runc","memory":"5x"}',
    })
    const place = { ...workspace, variables: {} }
    const first = await tsbuild(place, '--metadata-file', 'm', '.')
    expect([first.status, first.stderr]).toEqual([0, expect.stringContaining('naming to docker.io/library/nearest')])
    const named = await tsbuild({ ...place, variables: { TSBUILD_CONFIG: 'other/named.json' } }, '.')
    expect([named.status, named.stderr]).toEqual([
      125,
      `ERROR: ${workspace.directory}/other/named.json: memory: invalid size for --memory: 5x\nhint: write 64m, 1g or bytes\n`,
    ])
    const gone = await tsbuild(place, '--config', 'gone.json', '.')
    expect([gone.status, gone.stderr]).toEqual([125, expect.stringContaining('cannot read the config file')])
    const none = await tsbuild(place, '--no-config', '.')
    expect([none.status, none.stderr]).toEqual([0, expect.not.stringContaining('nearest')])
  })

  test('that is a program runs only when it is named; who takes no defaults hears nothing of it', async () => {
    await using workspace = await openWorkspace()
    const { directory } = workspace
    workspace.write({
      Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n',
      'tsbuild.config.ts': `import { writeFileSync } from 'node:fs'
writeFileSync(${JSON.stringify(`${directory}/ran`)}, '')
export default { tags: ['named'] } satisfies object\n`,
    })
    const place = { ...workspace, variables: {} }
    const note = `note: ${directory}/tsbuild.config.ts is not read: it is a program, and runs only when it is named; --config reads it`
    const planned = await tsbuild(place, 'plan', '.')
    expect(planned.stderr.split(note)).toHaveLength(2)
    expect(await tsbuild(place, 'version')).toMatchObject({ status: 0, stderr: '' })
    expect(existsSync(path.join(directory, 'ran'))).toBe(false)
    const named = await tsbuild(place, '--config', 'tsbuild.config.ts', '.')
    expect([named.status, named.stderr]).toEqual([0, expect.stringContaining('naming to docker.io/library/named')])
    expect(named.stderr).not.toContain('note:')
    expect(existsSync(path.join(directory, 'ran'))).toBe(true)
  })

  test.skipIf(process.getuid?.() !== 0)(
    'of another user is not read, which is said; nor is one of a context',
    async () => {
      await using workspace = await openWorkspace()
      const ran = `await (await import('node:fs/promises')).writeFile(${JSON.stringify(`${workspace.directory}/ran`)}, '')\n`
      workspace.write({
        Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n',
        'tsbuild.config.ts': `${ran}export default {}\n`,
        'context/Dockerfile': 'FROM scratch\nCOPY Dockerfile /\n',
        'context/tsbuild.config.ts': `${ran}export default {}\n`,
        'context/tsbuild.config.json': '{"jobs":"of a context"}',
      })
      chownSync(path.join(workspace.directory, 'tsbuild.config.ts'), 4242, 4242)
      const { status, stderr } = await tsbuild(workspace, 'build', 'context')
      expect(status).toBe(0)
      expect(stderr).toMatch(
        /^note: .*tsbuild\.config\.ts is not read: .* belongs to another user \(4242\); --config reads it/,
      )
      expect(existsSync(path.join(workspace.directory, 'ran'))).toBe(false)
    },
  )
})
