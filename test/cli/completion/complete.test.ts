import { describe, expect, test } from 'vitest'
import { completeCommand } from '../../../src/cli/completion/command.ts'
import { createOutput } from '../../../src/cli/output.ts'
import type { Library } from '../../../src/cli/ports.ts'
import { createProgram } from '../../../src/cli/program/program.ts'
import type { Session } from '../../../src/cli/session.ts'
import { openImages } from '../../../src/index.ts'
import { openWorkspace, type Workspace } from '../../support/workspace.ts'

/** What a shell is answered, a line each. */
async function asked({ environment, directory }: Workspace, ...words: readonly string[]): Promise<readonly string[]> {
  const printed: string[] = []
  const program = createProgram(async () => {}, () => {}, ['__complete'])
  const out = { ...createOutput(process.stdout, {}), print: (text: string) => void printed.push(text) }
  const library = async () =>
    ({ openImages, listContainers: async () => [{ id: '0123456789ab', name: 'box' }] }) as unknown as Library
  const session = { environment: { ...environment, cwd: `${directory}/context` }, out, err: out, library }
  await completeCommand(session as unknown as Session, program, words)
  return printed.join('').trimEnd().split('\n')
}

const values = async (...from: Parameters<typeof asked>) => (await asked(...from)).map((line) => line.split('\t')[0])

describe('what may stand at the cursor', () => {
  test('commands at first, and the folders that may be a context; flags of a build without its name', async () => {
    await using workspace = await openWorkspace()
    expect(await asked(workspace, 'hi')).toEqual([
      'history\tshow how an image was made, newest row first',
      ':directories',
    ])
    expect(await values(workspace, '--root', '/x', 'pru')).toEqual(['prune', ':directories'])
    expect(await values(workspace, 'help', 'ref')).toContain('referrers')
    expect(await values(workspace, '--unset-h')).toEqual(['--unset-healthcheck', ':nothing'])
    expect(await values(workspace, 'index', 'c')).toEqual(['create', ':nothing'])
    expect(await values(workspace, 'index', 'create', '--dr')).toEqual(['--dry-run', ':nothing'])
    expect(await values(workspace, 'nosuch', 'x', '')).toEqual([':nothing'])
  })

  test('values that a flag takes, behind it or behind =; what is hidden or of docker alone is not offered', async () => {
    await using workspace = await openWorkspace()
    expect(await values(workspace, 'build', '--progress', 'p')).toEqual(['plain', ':nothing'])
    expect(await values(workspace, '--progress=p')).toEqual(['--progress=plain', ':nothing'])
    expect(await values(workspace, 'build', '--network', '')).toEqual(['default', 'none', 'host', ':nothing'])
    expect(await values(workspace, 'build', '--pull', '')).toEqual([':directories'])
    expect(await values(workspace, 'build', '-qo', 'type=l')).toEqual(['type=local,dest=', ':nothing goes-on'])
    expect(await values(workspace, 'plan', '--format', '')).toEqual([
      'text',
      'tree',
      'json',
      'mermaid',
      'dot',
      ':nothing',
    ])
    expect(await values(workspace, 'completion', 'z')).toEqual(['zsh', ':nothing'])
    expect(await values(workspace, 'build', '--squ')).toEqual([':nothing'])
    expect(await values(workspace, 'build', '--compr')).toEqual([':nothing'])
    expect(await values(workspace, 'build', '--', '--tar')).toEqual([':directories'])
  })

  test('files and folders where they are meant', async () => {
    await using workspace = await openWorkspace()
    for (const words of [['build', '-f'], ['save', '-o'], ['import']])
      expect(await values(workspace, ...words, '')).toEqual([':files'])
    expect(await values(workspace, '--root', '')).toEqual([':directories'])
    expect(await values(workspace, 'build', '')).toEqual([':directories'])
    expect(await values(workspace, 'build', '.', '')).toEqual([':nothing'])
    expect(await values(workspace, 'build', '--unset-volume', '')).toEqual([':nothing'])
  })

  test('names of images of the store; none, and no store made, where there is none', async () => {
    await using workspace = await openWorkspace()
    expect(await values(workspace, 'history', '')).toEqual([':nothing'])
    workspace.write({ 'context/Dockerfile': 'FROM scratch\nCOPY Dockerfile /\n' })
    await workspace.build({ tags: ['shop/web:1.2'] })
    expect(await values(workspace, 'history', 'shop')).toEqual(['shop/web:1.2', ':nothing'])
    expect(await values(workspace, 'diff', 'sh')).toEqual(['shop/web:1.2', ':nothing'])
    expect(await values(workspace, 'diff', 'app', 'sh')).toEqual(['shop/web:1.2', ':nothing'])
    expect(await values(workspace, 'rmi', 'other', 'shop')).toEqual(['shop/web:1.2', ':nothing'])
    expect(await values(workspace, 'rm', 'b')).toEqual(['box', ':nothing'])
  })

  test('stages and arguments of the Dockerfile, but nothing that a shell would run', async () => {
    await using workspace = await openWorkspace()
    workspace.write({
      'context/Dockerfile':
        'FROM scratch AS one\nARG VERSION=1 OTHER\nfrom one as two\nFROM one AS $(reboot)\nFROM one AS a;b\n',
      'context/Other': 'FROM scratch AS elsewhere\n',
    })
    expect(await values(workspace, '--target', '')).toEqual(['one', 'two', ':nothing'])
    expect(await values(workspace, '--target=t')).toEqual(['--target=two', ':nothing'])
    expect(await values(workspace, '-f', 'Other', '--target', '')).toEqual(['elsewhere', ':nothing'])
    expect(await values(workspace, '--file=nosuch', '--target', '')).toEqual([':nothing'])
    expect(await values(workspace, '--build-arg', '')).toEqual(['VERSION=', 'OTHER=', ':nothing goes-on'])
  })
})
