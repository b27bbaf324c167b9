import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { type AgentSource, openAgents } from '../../src/ssh/index.ts'
import { runProgram } from '../support/programs.ts'
import { hasSsh, makeKey, noSsh, runWithAgent, startAgent, writeKey } from '../support/ssh-agent.ts'

const folder = mkdtempSync(join(tmpdir(), 'tsbuild-ssh-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const open = (sources: readonly AgentSource[], env = {}) => openAgents(sources, { cwd: folder, env })
const keys = (...paths: readonly string[]) => open([{ id: 'default', paths }])

let served = 0
async function serveDefault(...paths: readonly string[]) {
  const agents = await keys(...paths)
  const found = await agents.serve('default', join(folder, `socket-${served++}`))
  if (!found) throw new Error('nobody gave it')
  return found
}

const kinds = [
  ['ed25519', ['-t', 'ed25519']],
  ['ecdsa-256', ['-t', 'ecdsa', '-b', '256']],
  ['ecdsa-384', ['-t', 'ecdsa', '-b', '384']],
  ['ecdsa-521', ['-t', 'ecdsa', '-b', '521']],
  ['rsa', ['-t', 'rsa', '-b', '2048']],
  ['rsa-pem', ['-t', 'rsa', '-b', '2048', '-m', 'PEM']],
  ['ecdsa-pem', ['-t', 'ecdsa', '-b', '256', '-m', 'PEM']],
  ['ecdsa-pkcs8', ['-t', 'ecdsa', '-b', '384', '-m', 'PKCS8']],
] as const

describe.skipIf(!hasSsh)(hasSsh ? 'keys that are given as files' : noSsh, () => {
  test.each(kinds)(
    '%s: is listed as ssh-keygen knows it, and signs what ssh-keygen verifies',
    async (name, options) => {
      const key = makeKey(folder, name, ...options)
      await using agent = await serveDefault(name)
      const [, fingerprint = ''] = runProgram('ssh-keygen', '-l', '-f', `${key}.pub`).split(' ')
      expect(await runWithAgent(agent.path, 'ssh-add', '-l')).toContain(fingerprint)
      expect(await signAndVerify(agent.path, `${key}.pub`)).toContain('Good "file" signature')
    },
  )

  test('all keys of one id are listed, in the order given', async () => {
    makeKey(folder, 'first', '-t', 'ed25519')
    makeKey(folder, 'second', '-t', 'ed25519')
    await using agent = await serveDefault('second', join(folder, 'first'))
    const blobs = ['second', 'first'].map((name) => readFileSync(join(folder, `${name}.pub`), 'utf8').split(' ')[1])
    const listed = (await runWithAgent(agent.path, 'ssh-add', '-L')).trim().split('\n')
    expect(listed.map((row) => row.split(' ')[1])).toEqual(blobs)
  })

  test('the path and comment of a key are not told', async () => {
    makeKey(folder, 'quiet', '-t', 'ed25519')
    await using agent = await serveDefault('quiet')
    expect(await runWithAgent(agent.path, 'ssh-add', '-L')).not.toContain('quiet')
  })

  test('keys cannot be added, removed or locked', async () => {
    makeKey(folder, 'kept', '-t', 'ed25519')
    await using agent = await serveDefault('kept')
    const before = await runWithAgent(agent.path, 'ssh-add', '-L')
    expect(await runWithAgent(agent.path, 'ssh-add', join(folder, 'kept'))).toMatch(/refused|failure|Could not/i)
    expect(await runWithAgent(agent.path, 'ssh-add', '-D')).toMatch(/Failed/)
    expect(await runWithAgent(agent.path, 'ssh-add', '-L')).toBe(before)
  })

  test.each([
    ['OpenSSH', []],
    ['PEM', ['-m', 'PEM']],
    ['PKCS8', ['-m', 'PKCS8']],
  ])('a key with a passphrase is refused (%s)', async (form, options) => {
    makeKey(folder, `locked-${form}`, '-t', 'rsa', '-b', '2048', '-N', 'secret', ...options)
    await expect(keys(`locked-${form}`)).rejects.toMatchObject({
      code: 'TSB_SSH_KEY',
      message: expect.stringMatching(/^failed to parse .*: ssh: this private key is passphrase protected$/),
      hint: expect.stringContaining('ssh-add'),
    })
  })

  test('a public key is told from a private one', async () => {
    const key = makeKey(folder, 'halves', '-t', 'ed25519')
    await expect(keys(`${key}.pub`)).rejects.toMatchObject({
      code: 'TSB_SSH_KEY',
      hint: expect.stringContaining('.pub'),
    })
  })

  test('a damaged key is an error that holds nothing of it', async () => {
    const text = readFileSync(makeKey(folder, 'whole', '-t', 'ed25519'), 'utf8')
    for (const [name, broken] of [
      ['cut', text.replace(/\n[^\n]+\n-----END/, '\n-----END')],
      ['bent', text.replace(/b3BlbnNzaC1r/, 'b3BlbnNzaC1s')],
      ['empty', text.replace(/-\n[\s\S]*\n-/, '-\n-')],
    ] as const) {
      writeKey(folder, name, broken)
      const error: Error = await keys(name).then(
        () => new Error('it was read'),
        (thrown: Error) => thrown,
      )
      expect(error).toMatchObject({ code: 'TSB_SSH_KEY' })
      expect(JSON.stringify([error.message, error.cause])).not.toContain(broken.split('\n')[1] || 'none')
    }
  })

  async function signAndVerify(socket: string, publicKey: string): Promise<string> {
    const message = join(folder, 'message')
    writeFileSync(message, 'hello')
    rmSync(`${message}.sig`, { force: true })
    const said = await runWithAgent(socket, 'ssh-keygen', '-Y', 'sign', '-f', publicKey, '-n', 'file', message)
    const shell = `ssh-keygen -Y check-novalidate -n file -s ${message}.sig <${message}`
    return said + (await runWithAgent(socket, 'sh', '-c', shell))
  }
})

test('a key of a kind that SSH does not use is refused', async () => {
  const { privateKey } = generateKeyPairSync('x25519')
  writeKey(folder, 'x25519', privateKey.export({ format: 'pem', type: 'pkcs8' }).toString())
  await expect(keys('x25519')).rejects.toMatchObject({
    code: 'TSB_SSH_KEY',
    message: expect.stringContaining('x25519'),
  })
})

test('what is no key is refused, without its text', async () => {
  writeKey(folder, 'note', 'CANARY')
  const error = await keys('note').catch((thrown: Error) => thrown)
  expect(error).toMatchObject({ code: 'TSB_SSH_KEY' })
  expect(String(error)).not.toContain('CANARY')
})

describe.skipIf(!hasSsh)(hasSsh ? 'the socket of an agent' : noSsh, () => {
  test('without a path the agent of SSH_AUTH_SOCK is taken', async () => {
    using real = startAgent()
    await real.run('ssh-add', makeKey(folder, 'lent', '-t', 'ed25519'))
    const agents = await open([{ id: 'default', paths: [] }], { SSH_AUTH_SOCK: real.socket })
    const agent = await agents.serve('default', join(folder, 'lent.sock'))
    expect(await runWithAgent(agent?.path ?? '', 'ssh-add', '-l')).toContain('lent@test')
    await agent?.[Symbol.asyncDispose]()
  })

  test('lets keys be listed and sign, and nothing be added, removed or locked', async () => {
    using real = startAgent()
    const [mine, theirs] = [makeKey(folder, 'mine', '-t', 'ed25519'), makeKey(folder, 'theirs', '-t', 'ed25519')]
    await real.run('ssh-add', mine)
    const before = await real.run('ssh-add', '-L')
    await using agent = await serveDefault(real.socket)
    expect(await runWithAgent(agent.path, 'ssh-add', '-T', `${mine}.pub`)).toBe('')
    await runWithAgent(agent.path, 'ssh-add', theirs)
    await runWithAgent(agent.path, 'ssh-add', '-d', mine)
    await runWithAgent(agent.path, 'ssh-add', '-D')
    const [failure, identities] = ['05', '0c']
    for (let kind = 0; kind < 256; kind++) {
      const passphrase = Buffer.from([kind, 0, 0, 0, 1, 120])
      if (kind !== 11 && kind !== 13) expect([kind, await ask(agent.path, passphrase)]).toEqual([kind, failure])
    }
    expect(await ask(agent.path, Buffer.from([11]))).toMatch(RegExp(`^${identities}00000001`))
    expect(await real.run('ssh-add', '-L')).toBe(before)
  })

  test('a message above the limit ends the conversation, not the build', async () => {
    using real = startAgent()
    await using agent = await serveDefault(real.socket)
    await expect(ask(agent.path, Buffer.alloc(300_000))).rejects.toThrow()
    expect(await runWithAgent(agent.path, 'ssh-add', '-l')).toContain('no identities')
  })

  test('an id that nobody gave has no agent', async () => {
    using real = startAgent()
    const agents = await keys(real.socket)
    expect(await agents.serve('other', join(folder, 'other.sock'))).toBeUndefined()
  })

  test('its socket is gone when it is disposed of, and so are conversations', async () => {
    using real = startAgent()
    const agent = await serveDefault(real.socket)
    await agent[Symbol.asyncDispose]()
    expect(await runWithAgent(agent.path, 'ssh-add', '-l')).toMatch(/Could not open|Error connecting/)
  })

  test('answers below a folder with a path longer than sockets may have', async () => {
    using real = startAgent()
    const deep = join(folder, 'd'.repeat(120))
    mkdirSync(deep)
    const agents = await keys(real.socket)
    const agent = await agents.serve('default', join(deep, 'socket'))
    expect(await runWithAgent(agent?.path ?? '', 'ssh-add', '-l')).toContain('no identities')
    await agent?.[Symbol.asyncDispose]()
  })
})

describe('sources that cannot be', () => {
  test.each([
    ['no SSH_AUTH_SOCK', [{ id: 'default', paths: [] }], /invalid empty ssh agent socket/],
    ['a file that is not there', [{ id: 'default', paths: ['missing'] }], /missing for --ssh: no such file/],
    ['a directory', [{ id: 'default', paths: ['.'] }], /it cannot be read/],
  ])('%s is refused', async (_, sources, message) => {
    await expect(open(sources)).rejects.toMatchObject({
      code: 'TSB_SSH_AGENT',
      message: expect.stringMatching(message),
    })
  })

  test.skipIf(!hasSsh)('two sockets, sockets beside keys, and an id given twice are refused', async () => {
    using real = startAgent()
    const key = makeKey(folder, 'beside', '-t', 'ed25519')
    await expect(keys(real.socket, real.socket)).rejects.toThrow('only one socket is allowed')
    await expect(keys(real.socket, key)).rejects.toThrow('invalid combination of keys and sockets')
    const twice = [key, key].map((file) => ({ id: 'a', paths: [file] }))
    await expect(open(twice)).rejects.toThrow('invalid duplicate ID a')
  })

  test('a socket at which nobody listens is refused', async () => {
    const file = join(folder, 'dead')
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(file, resolve))
    runProgram('ln', file, `${file}.kept`)
    await new Promise((resolve) => server.close(resolve))
    await expect(keys(`${file}.kept`)).rejects.toThrow('no ssh agent answers')
  })
})

/** Sends one message; the answer in hex. */
async function ask(path: string, message: Buffer): Promise<string> {
  const socket = connect(path)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(message.length)
  socket.write(Buffer.concat([length, message]))
  try {
    const [answer] = (await once(socket, 'data', { signal: AbortSignal.timeout(5000) })) as [Buffer]
    return answer.subarray(4).toString('hex')
  } finally {
    socket.destroy()
  }
}
