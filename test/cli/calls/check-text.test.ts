import { describe, expect, test } from 'vitest'
import { checkText } from '../../../src/cli/calls/check-text.ts'
import { casing, checkResult, nowhere, unknownInstruction } from './results.ts'

describe('a check as text', () => {
  test('that finds nothing says so', () => {
    expect(checkText(checkResult())).toBe('Check complete, no warnings found.\n')
  })

  test('counts what it found, and shows each with its place, as buildx prints it', () => {
    expect(`\n${checkText(checkResult({ warnings: [casing, nowhere] }))}`).toBe(`
Check complete, 2 warnings have been found!

WARNING: StageNameCasing - https://docs.docker.com/go/dockerfile/rule/stage-name-casing/
Stage name 'Build' should be lowercase
Dockerfile:3
--------------------
   1 |     FROM node:22 AS deps
   2 |
   3 | >>> FROM deps AS Build
     |                  ^^^^^
   4 |     RUN npm ci \\
   5 |       --omit=dev
--------------------

WARNING: tsbuild/UnusedBuildArg
A build argument [A] is not used
`)
  })

  test('one warning is one warning', () => {
    const text = checkText(checkResult({ warnings: [nowhere], error: unknownInstruction }))
    expect(text).toMatch(/^Check complete, 1 warning has been found!\n/)
  })

  test('is empty when an error is all there is', () => {
    expect(checkText(checkResult({ error: unknownInstruction }))).toBe('')
  })
})
