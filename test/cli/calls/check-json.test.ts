import { describe, expect, test } from 'vitest'
import { checkJson } from '../../../src/cli/calls/check-json.ts'
import { casing, checkResult, dockerfile, nowhere, severalLines, unknownInstruction, unreachable } from './results.ts'

/** As it is written. */
function written(value: object): unknown {
  return JSON.parse(JSON.stringify(value))
}

const sources = [
  { filename: 'Dockerfile', language: 'Dockerfile', data: Buffer.from(dockerfile.text).toString('base64') },
]

describe('a check as JSON', () => {
  test('that finds nothing has no warnings, and the Dockerfile', () => {
    expect(written(checkJson(checkResult()))).toEqual({ warnings: [], sources })
  })

  test("has warnings as BuildKit's lint.LintResults has them, lines from 1 on, a range for each", () => {
    expect(written(checkJson(checkResult({ warnings: [casing, severalLines, nowhere] })))).toEqual({
      warnings: [
        {
          ruleName: 'StageNameCasing',
          description: 'Stage names should be lowercase',
          url: 'https://docs.docker.com/go/dockerfile/rule/stage-name-casing/',
          detail: "Stage name 'Build' should be lowercase",
          location: { ranges: [{ start: { line: 3 }, end: { line: 3 } }] },
        },
        {
          ruleName: 'tsbuild/Example',
          detail: 'An example of several lines',
          location: {
            ranges: [
              { start: { line: 4 }, end: { line: 4 } },
              { start: { line: 5 }, end: { line: 5 } },
            ],
          },
        },
        { ruleName: 'tsbuild/UnusedBuildArg', detail: 'A build argument [A] is not used', location: {} },
      ],
      sources,
    })
  })

  test('has the error that a build would end with as buildError', () => {
    expect(written(checkJson(checkResult({ error: unknownInstruction })))).toMatchObject({
      buildError: {
        message: 'unknown instruction: COYP',
        location: { ranges: [{ start: { line: 6 }, end: { line: 6 } }] },
        code: 'TSB_UNKNOWN_INSTRUCTION',
        hint: 'did you mean "COPY"?',
      },
    })
  })

  test('has the images that nobody could be asked about', () => {
    const unreached = [{ reference: 'node:22', error: unreachable }]
    expect(written(checkJson(checkResult({ unreached })))).toMatchObject({
      warnings: [],
      unreached: [{ image: 'node:22', message: 'cannot reach docker.io', code: 'TSB_REGISTRY_UNREACHABLE' }],
    })
  })

  test('has no login of a URL', () => {
    const text = 'FROM scratch\nADD https://me:secret@example.com/a /\n'
    const { sources: shown } = checkJson(checkResult({ dockerfile: { name: 'Dockerfile', text } })) as {
      readonly sources: readonly [{ readonly data: string }]
    }
    const data = Buffer.from(shown[0].data, 'base64').toString()
    expect(data).not.toMatch(/me:|secret/)
    expect(data).toHaveLength(text.length)
  })
})
