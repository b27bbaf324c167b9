import { describe, expect, test } from 'vitest'
import { type Container, TsbuildError } from '../../../src/index.ts'
import { runCommandLine } from '../command-line.ts'

const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString()
const box: Container = {
  id: 'c50e10b2b1a4',
  name: 'box',
  image: 'alpine',
  command: ['sh', '-c', 'apk add curl\nexit 4'],
  created: ago(5),
  ended: ago(2),
  exitCode: 4,
}
const other: Container = {
  id: '0123456789ab',
  image: 'alpine',
  command: ['sh'],
  created: ago(30),
  ended: ago(29),
  exitCode: 0,
}

const tsbuild = (...argv: readonly string[]) => {
  const left = [box, other]
  return runCommandLine(argv, {
    listContainers: async () => left,
    removeContainer: async (name) => {
      const found = left.find((each) => each.id === name || each.name === name)
      if (found) return found
      throw new TsbuildError('TSB_CONTAINER_NOT_FOUND', `no container "${name}" is kept`)
    },
  })
}

describe('what tsbuild run left', () => {
  test('is listed as docker lists containers that have ended', async () => {
    expect((await tsbuild('ps', '-a')).stdout).toBe(
      `CONTAINER ID   IMAGE     COMMAND                  CREATED          STATUS                      NAMES
c50e10b2b1a4   alpine    "sh -c apk add curl …"   5 minutes ago    Exited (4) 2 minutes ago    box
0123456789ab   alpine    "sh"                     30 minutes ago   Exited (0) 29 minutes ago
`,
    )
    expect((await tsbuild('ps', '-q')).stdout).toBe('c50e10b2b1a4\n0123456789ab\n')
    expect((await tsbuild('ps', '--no-trunc', '--format', '{{.Names}} {{.Command}}')).stdout).toContain(
      'box "sh -c apk add curl exit 4"\n',
    )
  })

  test('is removed by name and id; one that is not there is an error without --force', async () => {
    expect(await tsbuild('rm', 'box', '0123456789ab')).toMatchObject({ status: 0, stdout: 'box\n0123456789ab\n' })
    expect(await tsbuild('rm', 'nobox')).toMatchObject({ status: 1, stderr: expect.stringContaining('is kept') })
    const some = await tsbuild('rm', 'nobox', 'box', 'none')
    expect(some).toMatchObject({ status: 1, stdout: 'box\n' })
    expect(some.stderr.match(/no container "\w+" is kept/g)).toEqual([
      'no container "nobox" is kept',
      'no container "none" is kept',
    ])
    expect(await tsbuild('rm', '-f', 'nobox', 'box')).toMatchObject({ status: 0, stdout: 'box\n' })
  })
})
