import { describe, expect, it } from 'vitest'
import { formOf } from '../../src/tree/path-pattern.ts'
import { conformanceCases, hasConformance, skipReason } from '../support/conformance.ts'

interface CompileCase {
  readonly pattern: string
  readonly type: 'exact' | 'prefix' | 'suffix' | 'regexp'
  readonly regexp?: string
}

describe.skipIf(!hasConformance)(`the form of a pattern (${hasConformance ? 'conformance' : skipReason})`, () => {
  for (const { pattern, type, regexp } of conformanceCases<CompileCase>('dockerignore.json', 'compile')) {
    it(`${pattern} is ${type}`, () => {
      const form = formOf(pattern)
      expect(form.kind).toBe(type)
      if (form.kind === 'regexp') expect(`^${form.source}$`).toBe(regexp)
    })
  }
})
