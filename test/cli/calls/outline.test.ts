import { describe, expect, test } from 'vitest'
import { outlineJson, outlineText } from '../../../src/cli/calls/outline.ts'
import type { Outline } from '../../../src/index.ts'
import { dockerfile, range } from './results.ts'

const at = range([3, 1], [3, 19])
const location = { ranges: [{ start: { line: 3 }, end: { line: 3 } }] }
const sources = [Buffer.from(dockerfile.text).toString('base64')]

const empty: Outline = { args: [], secrets: [], ssh: [], caches: [] }
const full: Outline = {
  name: 'release',
  description: 'is what is shipped',
  args: [
    { name: 'GO_VERSION', value: '1.22', description: 'sets the Go version', at },
    { name: 'B', at },
  ],
  secrets: [
    { name: 'token', required: true, at },
    { name: 'other', required: false, at },
  ],
  ssh: [{ name: 'default', required: true, at }],
  caches: [{ name: '/root/.npm', at }],
}

describe('an outline', () => {
  test('as text has a table for each kind of parameter, and an empty line behind it', () => {
    expect(`\n${outlineText({ dockerfile, found: full })}`).toBe(`
TARGET:      release
DESCRIPTION: is what is shipped

BUILD ARG    VALUE   DESCRIPTION
GO_VERSION   1.22    sets the Go version
B

SECRET   REQUIRED
token    true
other

SSH       REQUIRED
default   true

CACHE
/root/.npm

`)
  })

  test('of a stage without a name and parameters is empty', () => {
    expect(outlineText({ dockerfile, found: empty })).toBe('')
  })

  test("as JSON is BuildKit's outline.Outline", () => {
    expect(JSON.parse(JSON.stringify(outlineJson({ dockerfile, found: full })))).toEqual({
      name: 'release',
      description: 'is what is shipped',
      args: [
        { name: 'GO_VERSION', description: 'sets the Go version', value: '1.22', location },
        { name: 'B', location },
      ],
      secrets: [
        { name: 'token', required: true, location },
        { name: 'other', location },
      ],
      ssh: [{ name: 'default', required: true, location }],
      cache: [{ ID: '/root/.npm', location }],
      sources,
    })
    expect(JSON.parse(JSON.stringify(outlineJson({ dockerfile, found: empty })))).toEqual({ sources })
  })
})
