import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, lchownSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { configSchema } from '../../src/config/schema.ts'
import { defineConfig, findConfig, readConfig } from '../../src/index.ts'
import { openWorkspace, type Workspace } from '../support/workspace.ts'

const uid = process.getuid?.() ?? 0

/** Which file is found, below the workspace, or why it is not read. */
function found({ directory }: Workspace, cwd: string, facts: Partial<Parameters<typeof findConfig>[0]> = {}) {
  const { file, refused } = findConfig({ cwd: path.join(directory, cwd), uid, env: {}, ...facts }) ?? {}
  return refused ?? (file && path.relative(directory, file))
}

/** What is wrong with a file, without the folder it is in. */
async function wrong({ directory }: Workspace, name: string): Promise<string> {
  const error = await readConfig(path.join(directory, name)).then(
    () => expect.unreachable(),
    (thrown: Error & { code?: string; hint?: string }) => thrown,
  )
  return `${error.code} ${error.message.replaceAll(`${directory}/`, '')}\n${error.hint ?? ''}`
}

test('docs/config.md has every key, and no other', () => {
  const page = readFileSync(path.join(import.meta.dirname, '../../docs/config.md'), 'utf8')
  const listed = Array.from(page.matchAll(/^\| `(\w+)` \|/gm), ([, key]) => key)
  expect([...listed, '$schema'].sort()).toEqual(Object.keys(configSchema.shape).sort())
})

describe('the config file that counts', () => {
  test('is the nearest up to the root of the repository, and nothing above that', async () => {
    await using workspace = await openWorkspace()
    workspace.write({ 'tsbuild.config.json': '{}', 'repo/a/b/x': '', 'repo/c/tsbuild.config.ts': '' })
    mkdirSync(path.join(workspace.directory, 'repo/.git'))
    expect(found(workspace, 'repo/a/b')).toBeUndefined()
    workspace.write({ 'repo/tsbuild.config.json': '{}' })
    expect(found(workspace, 'repo/a/b')).toBe('repo/tsbuild.config.json')
    workspace.write({ 'repo/a/tsbuild.config.json': '{}' })
    expect(found(workspace, 'repo/a/b')).toBe('repo/a/tsbuild.config.json')
  })

  test('outside of a repository is that of the working directory alone', async () => {
    await using workspace = await openWorkspace()
    workspace.write({ 'a/tsbuild.config.json': '{}', 'a/b/x': '' })
    expect(found(workspace, 'a')).toBe('a/tsbuild.config.json')
    expect(found(workspace, 'a/b')).toBeUndefined()
  })

  test('is no program that nobody named', async () => {
    await using workspace = await openWorkspace()
    workspace.write({ 'a/tsbuild.config.ts': '', 'b/tsbuild.config.ts': '', 'b/tsbuild.config.json': '{}' })
    expect(found(workspace, 'a')).toBe('it is a program, and runs only when it is named')
    expect(found(workspace, 'b')).toBe('b/tsbuild.config.json')
  })

  test('is none that somebody else can have written', async () => {
    await using workspace = await openWorkspace()
    const { directory } = workspace
    workspace.write({ 'a/tsbuild.config.json': '{}' })
    const [file, folder] = [path.join(directory, 'a/tsbuild.config.json'), path.join(directory, 'a')]
    expect(found(workspace, 'a', { uid: 4242 })).toBe(
      uid === 0 ? 'a/tsbuild.config.json' : `${file} belongs to another user (${uid})`,
    )
    chmodSync(file, 0o666)
    expect(found(workspace, 'a')).toBe(`${file} can be written by everybody`)
    chmodSync(file, 0o664)
    expect(found(workspace, 'a')).toBe(`${file} can be written by its group`)
    chmodSync(file, 0o644)
    chmodSync(folder, 0o777)
    expect(found(workspace, 'a')).toBe(`${folder} can be written by everybody`)
    chmodSync(folder, 0o1777)
    expect(found(workspace, 'a')).toBe('a/tsbuild.config.json')
  })

  test.skipIf(uid !== 0)('belongs to who runs this, to root, or to who became root by sudo', async () => {
    await using workspace = await openWorkspace()
    workspace.write({ 'a/tsbuild.config.json': '{}' })
    const [file, folder] = [
      path.join(workspace.directory, 'a/tsbuild.config.json'),
      path.join(workspace.directory, 'a'),
    ]
    chownSync(file, 4242, 4242)
    expect(found(workspace, 'a')).toBe(`${file} belongs to another user (4242)`)
    expect(found(workspace, 'a', { uid: 4242 })).toBe('a/tsbuild.config.json')
    expect(found(workspace, 'a', { env: { SUDO_UID: '4242' } })).toBe('a/tsbuild.config.json')
    chownSync(file, 0, 0)
    chownSync(folder, 4242, 4242)
    expect(found(workspace, 'a')).toBe(`${folder} belongs to another user (4242)`)
  })
})

describe('a link in the place of a config file', () => {
  test('is what it leads to: who can write that, or its folder', async () => {
    await using workspace = await openWorkspace()
    const { directory } = workspace
    workspace.write({ 'a/x': '', 'other/c.json': '{}' })
    symlinkSync('../other/c.json', path.join(directory, 'a/tsbuild.config.json'))
    expect(found(workspace, 'a')).toBe('a/tsbuild.config.json')
    chmodSync(path.join(directory, 'other'), 0o777)
    expect(found(workspace, 'a')).toBe(`${directory}/other can be written by everybody`)
    chmodSync(path.join(directory, 'other/c.json'), 0o666)
    expect(found(workspace, 'a')).toBe(`${directory}/other/c.json can be written by everybody`)
  })

  test.skipIf(uid !== 0)('is not read when another user made it, whatever it leads to', async () => {
    await using workspace = await openWorkspace()
    const { directory } = workspace
    workspace.write({ 'a/x': '', 'own.json': '{}' })
    const [link, own] = [path.join(directory, 'a/tsbuild.config.json'), path.join(directory, 'own.json')]
    chmodSync(path.join(directory, 'a'), 0o1777)
    symlinkSync(own, link)
    expect(found(workspace, 'a')).toBe('a/tsbuild.config.json')
    lchownSync(link, 4242, 4242)
    expect(found(workspace, 'a')).toBe(`${link} belongs to another user (4242)`)
    lchownSync(link, 0, 0)
    chownSync(own, 4242, 4242)
    expect(found(workspace, 'a')).toBe(`${own} belongs to another user (4242)`)
  })
})

/** What the files say, or what is wrong: read by Node as it is, since a test runner brings its own way to import. */
function readByNode({ directory }: Workspace, ...files: readonly string[]): readonly unknown[] {
  const reader = pathToFileURL(path.join(import.meta.dirname, '../../src/config/read.ts')).href
  const program = `import { readConfig } from '${reader}'
    const said = process.argv.slice(1).map((file) => readConfig(file).catch((error) => \`\${error.code} \${error.message}\`))
    console.log(JSON.stringify(await Promise.all(said)))`
  const printed = execFileSync(process.execPath, ['--input-type=module', '-e', program, ...files], { cwd: directory })
  return JSON.parse(printed.toString())
}

describe('a config file', () => {
  test('is JSON, or a module with types whose default export counts, also where no package is', async () => {
    await using workspace = await openWorkspace()
    const config = "{ jobs: 2 as number, labels: { a: 'b' } }"
    workspace.write({
      'tsbuild.config.json': '\ufeff{"$schema":"x","jobs":2}',
      'package.json': '{"type":"commonjs"}',
      'a.ts': `import { defineConfig } from 'tsbuild/config'\nexport default defineConfig(${config})`,
      'b.ts': `export default Promise.resolve(${config})`,
      'c.js': 'await 1; export default { jobs: 2 }',
      'none.ts': 'export const jobs = 2',
      'enum.ts': 'enum A { a }\nexport default {}',
      'fails.ts': 'throw new Error("not today")',
      'lost.ts': "import 'nosuch'\nexport default {}",
    })
    expect(await readConfig(path.join(workspace.directory, 'tsbuild.config.json'))).toEqual({ $schema: 'x', jobs: 2 })
    const [a, b, c, ...failed] = readByNode(
      workspace,
      'a.ts',
      'b.ts',
      'c.js',
      'none.ts',
      'enum.ts',
      'fails.ts',
      'lost.ts',
    )
    expect([a, b]).toEqual(Array(2).fill({ jobs: 2, labels: { a: 'b' } }))
    expect(c).toEqual({ jobs: 2 })
    expect(failed).toEqual([
      'TSB_CONFIG_READ none.ts has no default export',
      expect.stringMatching(/^TSB_CONFIG_READ enum\.ts cannot be run: .*enum/),
      'TSB_CONFIG_READ fails.ts cannot be run: not today',
      expect.stringMatching(/^TSB_CONFIG_READ lost\.ts cannot be run: Cannot find package 'nosuch'/),
    ])
    expect(defineConfig({ jobs: 2 })).toEqual({ jobs: 2 })
  })

  test('that is wrong is one error with file, key and the nearest name', async () => {
    await using workspace = await openWorkspace()
    const cases: Readonly<Record<string, string>> = {
      '{"jobz":2}': 'TSB_CONFIG_KEY f.json: there is no jobz\ndid you mean "jobs"?',
      '{"buildArg":{}}': 'TSB_CONFIG_KEY f.json: there is no buildArg\ndid you mean "buildArgs"?',
      '{"jobs":"2"}':
        'TSB_CONFIG_KEY f.json: jobs: Invalid input: expected number, received string\ndocs/config.md has all keys',
      '{"tags":["a",1]}':
        'TSB_CONFIG_KEY f.json: tags.1: Invalid input: expected string, received number\ndocs/config.md has all keys',
      '[]': 'TSB_CONFIG_KEY f.json: the whole: Invalid input: expected object, received array\ndocs/config.md has all keys',
      '{"network":"host"}':
        'TSB_CONFIG_KEY f.json: network: Invalid option: expected one of "default"|"none"\ndocs/config.md has all keys',
      '{"secrets":["id=a,src=/etc/shadow"]}': 'TSB_CONFIG_KEY f.json: secrets is said on the command line alone',
      '{"allow":["security.insecure"]}': 'TSB_CONFIG_KEY f.json: allow is said on the command line alone',
      '{"output":["type=local,dest=/"]}': 'TSB_CONFIG_KEY f.json: output is said on the command line alone',
      '{"jobs":2,}': 'TSB_CONFIG_READ f.json is no JSON: ',
    }
    for (const [text, said] of Object.entries(cases)) {
      workspace.write({ 'f.json': text })
      expect(await wrong(workspace, 'f.json')).toContain(said)
    }
  })

  test.each([
    ['root', '/var/lib/tsbuild'],
    ['insecureRegistries', ['registry.example']],
    ['limits', { 'archive-entries': 9e9 }],
    ['cacheMax', '1b'],
    ['pidsLimit', -1],
    ['shmSize', '100g'],
    ['ulimits', ['nofile=1:2']],
  ])('raises no limit and turns nothing to another place: %s', async (key, value) => {
    await using workspace = await openWorkspace()
    workspace.write({ 'f.json': JSON.stringify({ [key]: value }) })
    expect(await wrong(workspace, 'f.json')).toMatch(
      new RegExp(`^TSB_CONFIG_KEY f.json: ${key} is said on the command line alone\ngive it on the command line`),
    )
  })

  test.each(['native', 'chroot'])('does not ask for a weaker box: %s', async (runtime) => {
    await using workspace = await openWorkspace()
    workspace.write({ 'f.json': JSON.stringify({ runtime }) })
    expect(await wrong(workspace, 'f.json')).toContain('TSB_CONFIG_KEY f.json: runtime: Invalid option')
  })

  test.each([
    ['type=gha,url=http://127.0.0.1:1/CANARY', 'url'],
    ['type=gha,URL_V2=http://127.0.0.1:1/CANARY', 'url_v2'],
    ['type=s3,bucket=b,"endpoint_url=http://127.0.0.1:1/CANARY"', 'endpoint_url'],
    ['type=s3,bucket=b, access_key_id =CANARY,secret_access_key=CANARY', 'access_key_id'],
    ['type=s3,bucket=b,session_token=CANARY', 'session_token'],
    ['type=gha,to\u212aen=CANARY', 'token'],
  ])('lends no key and no token to whom it names: %s', async (spec, part) => {
    await using workspace = await openWorkspace()
    for (const [key, value] of Object.entries({ cacheFrom: spec, cacheTo: ['app:cache', spec] })) {
      workspace.write({ 'f.json': JSON.stringify({ [key]: value }) })
      const said = await wrong(workspace, 'f.json')
      expect(said).toContain(`TSB_CONFIG_KEY f.json: ${key}: ${part} is said on the command line alone`)
      expect(said).not.toContain('CANARY')
    }
    const harmless = {
      cacheFrom: ['app:cache', 'type=gha,scope=s', 'type=s3,bucket=b,region=r'],
      cacheTo: 'type=inline',
    }
    workspace.write({ 'f.json': JSON.stringify(harmless) })
    expect(await readConfig(path.join(workspace.directory, 'f.json'))).toEqual(harmless)
  })

  test('that cannot be read says why', async () => {
    await using workspace = await openWorkspace()
    workspace.write({
      'f.yaml': 'jobs: 2',
    })
    expect(await wrong(workspace, 'nosuch.json')).toContain(
      'TSB_CONFIG_READ cannot read the config file nosuch.json: ENOENT',
    )
    expect(await wrong(workspace, 'f.yaml')).toContain('TSB_CONFIG_READ f.yaml: a config file is .json or .ts')
  })
})
