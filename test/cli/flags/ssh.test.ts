import { expect, test } from 'vitest'
import { readSsh } from '../../../src/cli/flags/ssh.ts'

test.each([
  ['default', 'default', []],
  ['default=', 'default', []],
  ['', 'default', []],
  ['default=/run/agent', 'default', ['/run/agent']],
  ['deploy=id_a,id_b', 'deploy', ['id_a', 'id_b']],
  ['a=b=c', 'a', ['b=c']],
])('--ssh %s', (text, id, paths) => {
  expect(readSsh(text)).toEqual({ id, paths })
})

test('a raw socket, through which an agent could be changed, is refused', () => {
  expect(() => readSsh('default=/run/agent,raw=true')).toThrow('a socket is never lent as it is')
})
