import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { build } from '../../src/index.ts'
import { hasSshServer, noSshServer, startSshServer } from '../support/daemons.ts'
import { runProgram } from '../support/programs.ts'
import { startAgent } from '../support/ssh-agent.ts'
import { openWorkspace } from '../support/workspace.ts'

/** A repository with a file `a`, on a real ssh server that only `key` may log in to. */
async function startRepository(directory: string) {
  const repository = join(directory, 'app.git')
  runProgram('git', 'init', '--quiet', '--initial-branch=main', repository)
  writeFileSync(join(repository, 'a'), 'from git\n')
  runProgram('git', '-C', repository, 'add', 'a')
  const who = ['-c', 'user.name=t', '-c', 'user.email=t@test']
  runProgram('git', '-C', repository, ...who, 'commit', '--quiet', '--message=a')
  const { origin, key, knownHost } = await startSshServer(join(directory, 'ssh'))
  mkdirSync(join(directory, '.ssh'))
  writeFileSync(join(directory, '.ssh/known_hosts'), knownHost)
  return { url: `${origin}${repository}`, key }
}

describe.skipIf(!hasSshServer)(`git over ssh with --ssh (${noSshServer})`, () => {
  test.each(['a private key', 'an agent'])('%s opens a repository for ADD', async (kind) => {
    await using workspace = await openWorkspace()
    const { directory, environment } = workspace
    const { url, key } = await startRepository(directory)
    using agent = startAgent()
    await agent.run('ssh-add', key)
    workspace.write({ 'context/Dockerfile': `FROM scratch\nADD ${url} /\n` })
    const dest = join(directory, 'out')
    const ssh = [{ id: 'default', paths: [kind === 'an agent' ? agent.socket : key] }]
    const options = { context: 'context', ssh, outputs: [{ type: 'local', dest }] } as const
    await build(options, { ...environment, env: { ...environment.env, HOME: directory } })
    expect(readFileSync(join(dest, 'a'), 'utf8')).toBe('from git\n')
  })
})
