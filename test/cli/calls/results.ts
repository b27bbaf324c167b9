import { type CheckResult, TsbuildError, type Warning } from '../../../src/index.ts'
import type { SourceRange } from '../../../src/source.ts'

const text = 'FROM node:22 AS deps\n\nFROM deps AS Build\nRUN npm ci \\\n  --omit=dev\nCOYP a b\n'
export const dockerfile = { name: 'Dockerfile', text }

/** From columns of lines, both from 1 on; the end is exclusive. */
export function range(from: [line: number, column: number], to: [line: number, column: number]): SourceRange {
  return {
    source: dockerfile,
    start: { line: from[0] - 1, column: from[1] - 1 },
    end: { line: to[0] - 1, column: to[1] - 1 },
  }
}

export const casing: Warning = {
  rule: 'StageNameCasing',
  message: "Stage name 'Build' should be lowercase",
  description: 'Stage names should be lowercase',
  url: 'https://docs.docker.com/go/dockerfile/rule/stage-name-casing/',
  at: range([3, 14], [3, 19]),
}

export const severalLines: Warning = {
  rule: 'tsbuild/Example',
  message: 'An example of several lines',
  at: range([4, 1], [5, 13]),
}

export const nowhere: Warning = { rule: 'tsbuild/UnusedBuildArg', message: 'A build argument [A] is not used' }

export const unknownInstruction = new TsbuildError('TSB_UNKNOWN_INSTRUCTION', 'unknown instruction: COYP', {
  at: range([6, 1], [6, 5]),
  hint: 'did you mean "COPY"?',
})

export const unreachable = new TsbuildError('TSB_REGISTRY_UNREACHABLE', 'cannot reach docker.io', {
  at: range([1, 6], [1, 13]),
})

export function checkResult(changes: Partial<CheckResult> = {}): CheckResult {
  return { dockerfile, path: '/src/app/Dockerfile', warnings: [], unreached: [], ...changes }
}
