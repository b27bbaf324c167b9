import { expect, test } from 'vitest'
import { parseCheckOptions } from '../../../src/planner/checks/options.ts'
import { isOwnRule, type Rule, rules } from '../../../src/planner/checks/rules.ts'
import { conformanceTable } from '../../support/conformance-table.ts'
import { errorOf } from '../../support/outcome.ts'

interface RuleRow {
  readonly name: string
  readonly description: string
  readonly url: string
  readonly experimental: boolean
  readonly message: string
  readonly messageNote: string
  readonly trigger: string
}

interface OptionsRow {
  readonly value: string
  readonly error?: string
  readonly skip?: readonly string[]
  readonly skipAll?: boolean
  readonly experimental?: readonly string[]
  readonly experimentalAll?: boolean
  readonly errorOnWarning?: boolean
}

/** What a rule looks at and says is what the rows of lint.json show. */
const ruleFields = ['name', 'description', 'url', 'experimental', 'message', 'messageNote', 'trigger'] as const
const optionFields = ['value', 'error', 'skip', 'skipAll', 'experimental', 'experimentalAll', 'errorOnWarning'] as const

const known: readonly (readonly [string, Rule])[] = Object.entries(rules)

conformanceTable<RuleRow>('lint-rules.json', 'rules', ruleFields, ({ name, description, url, experimental }) => {
  const rule = known.find(([candidate]) => candidate === name)?.[1]
  expect({ url: '', experimental: false, ...rule }).toEqual({ description, url, experimental })
})

conformanceTable<OptionsRow>('lint-rules.json', 'checkOptions', optionFields, (row) => {
  const { value, error, skip, skipAll, experimental, experimentalAll, errorOnWarning } = row
  if (error !== undefined) {
    return expect(errorOf(() => parseCheckOptions(value))).toMatchObject({ code: 'TSB_CHECK_OPTIONS', message: error })
  }
  expect(parseCheckOptions(value)).toEqual({
    skip: skipAll ? 'all' : skip,
    experimental: experimentalAll ? 'all' : experimental,
    errorOnWarning,
  })
})

test('there are the 22 rules of BuildKit, and no rule of tsbuild without its prefix', () => {
  expect(known.filter(([name]) => !isOwnRule(name))).toHaveLength(22)
})
