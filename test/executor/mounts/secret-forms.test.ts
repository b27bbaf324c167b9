import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { layerForms } from '../../../src/executor/mounts/secret-forms.ts'
import { hasProgram } from '../../support/programs.ts'

const isIn = (text: Buffer, secret: Uint8Array) => layerForms(secret).some((form) => text.includes(form))
const made = (input: Uint8Array, program: string, ...args: readonly string[]) =>
  Buffer.concat([Buffer.from('before\n'), spawnSync(program, args, { input }).stdout, Buffer.from('after\n')])

describe('what is looked for in layers', () => {
  test.each([8, 57, 58, 60, 100, 200, 3000])('is found as programs fold base64: a secret of %i bytes', (size) => {
    const secret = randomBytes(size)
    expect(isIn(made(secret, 'base64'), secret)).toBe(true)
    expect(isIn(made(secret, 'base64', '-w0'), secret)).toBe(true)
    if (hasProgram('openssl')) expect(isIn(made(secret, 'openssl', 'base64'), secret)).toBe(true)
  })

  test('is not what many files begin with, as keys do', () => {
    const key = (rest: string) =>
      Buffer.from(`-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAA${rest}`)
    const [ours, theirs] = ['x', 'y'].map((letter) => key(letter.repeat(300))) as [Buffer, Buffer]
    expect(isIn(theirs, ours)).toBe(false)
    expect(isIn(made(theirs, 'base64'), ours)).toBe(false)
  })
})
