import { expect, test } from 'vitest'
import { parse } from '../../src/parser/index.ts'

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`
const read = (first: string, syntax?: string) => parse({ name: 'Dockerfile', text: `${first}\nFROM a\n` }, syntax)

test.each([
  'docker/dockerfile',
  'docker/dockerfile:1',
  'docker/dockerfile:1.26.0-labs',
  'docker.io/docker/dockerfile:1',
  'index.docker.io/docker/dockerfile',
  'docker/dockerfile-upstream:master',
  `docker/dockerfile@${digest}`,
  `docker.io/docker/dockerfile:1@${digest}`,
])('# syntax=%s is built in', (image) => {
  expect(read(`# syntax=${image}`).stages).toHaveLength(1)
})

test.each([
  'docker/dockerfile-evil/x',
  'docker/dockerfile-evil:1',
  'docker/dockerfile/x',
  'docker/dockerfilex',
  'docker/dockerfile:1/x',
  'docker/dockerfile@sha256:12',
  'docker/dockerfile:',
  'evil.test/docker/dockerfile:1',
  'docker.io.evil.test/docker/dockerfile:1',
])('J06 # syntax=%s, which only looks like it, is refused', (image) => {
  expect(() => read(`# syntax=${image}`)).toThrow(`the front end ${image} is not supported`)
})

test('an error points at the line, and says how to pass over it', () => {
  expect(() => read('# syntax=x/y:1')).toThrow(
    expect.objectContaining({
      code: 'TSB_UNSUPPORTED_FRONTEND',
      hint: expect.stringContaining('--build-arg BUILDKIT_SYNTAX=dockerfile.v0'),
      at: expect.objectContaining({ start: { line: 0, column: 0 } }),
    }),
  )
})

test.each(['dockerfile.v0', 'docker/dockerfile:1', ' docker/dockerfile:1 more words '])(
  'BUILDKIT_SYNTAX=%s is asked for, whatever the file says',
  (syntax) => {
    expect(read('# syntax=x/y:1', syntax).stages).toHaveLength(1)
  },
)

test('another front end in BUILDKIT_SYNTAX is refused, whatever the file says', () => {
  expect(() => read('# syntax=docker/dockerfile:1', 'x/y')).toThrow('the front end x/y of BUILDKIT_SYNTAX')
})

test('an empty BUILDKIT_SYNTAX says nothing', () => {
  expect(() => read('# syntax=x/y:1', '')).toThrow('the front end x/y:1 is not supported')
})
