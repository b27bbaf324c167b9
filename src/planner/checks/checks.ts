import { presentable, TsbuildError } from '../../errors.ts'
import type { Warning } from '../../graph/index.ts'
import type { SourceRange } from '../../source.ts'
import { type CheckOptions, commentOptions } from './options.ts'
import { isOwnRule, type Rule, type RuleName, rules } from './rules.ts'

/** Where a rule is broken. */
export interface Finding {
  readonly rule: RuleName
  /** A function when it takes some work to say: it is not asked when nobody hears it. */
  readonly message: string | (() => string)
  /** Absent for what stands in no line. */
  readonly at?: SourceRange
}

export type Warn = (finding: Finding) => void

/** Takes what the rules find, and keeps what the options let through. */
export interface Checks {
  warn: Warn
  /** As an instruction sees it: `# check=skip=` above it takes away more, `# check=experimental=` adds. */
  warnAt(comments: readonly string[]): Warn
  /** In the order of the file. */
  warnings(): readonly Warning[]
  /** TSB_CHECK_FAILED, when `error=true` and a rule of BuildKit is broken. */
  failure(): CheckFailedError | undefined
}

/** `error=true`, and there are warnings. */
export class CheckFailedError extends TsbuildError {
  readonly warnings: readonly Warning[]

  constructor(names: readonly string[], warnings: readonly Warning[]) {
    super('TSB_CHECK_FAILED', `lint violation found for rules: ${names.join(', ')}`, {
      hint: 'see each with tsbuild --check, and mend it or add it to # check=skip=',
    })
    this.warnings = warnings
  }
}

/** Warnings that are kept of one file: as many as nobody reads. */
const limit = 1000

export function createChecks(options: CheckOptions): Checks {
  const kept: Warning[] = []
  const keeping =
    (...all: readonly CheckOptions[]): Warn =>
    (finding) => {
      if (kept.length < limit && isWanted(finding.rule, all)) kept.push(toWarning(finding))
    }
  const warn = keeping(options)
  const warnings = () => kept.toSorted(byPlace)
  return {
    warn,
    warnAt(comments) {
      const more = commentOptions(comments)
      return more ? keeping(options, more) : warn
    },
    warnings,
    failure() {
      const names = new Set(warnings().flatMap(({ rule }) => (isOwnRule(rule) ? [] : [rule])))
      return options.errorOnWarning && names.size > 0 ? new CheckFailedError([...names], warnings()) : undefined
    },
  }
}

function isWanted(name: RuleName, all: readonly CheckOptions[]): boolean {
  const rule: Rule = rules[name]
  return rule.experimental
    ? all.some(({ experimental }) => experimental === 'all' || experimental.includes(name))
    : !all.some(({ skip }) => skip === 'all' || skip.includes(name))
}

function toWarning({ message, ...finding }: Finding): Warning {
  const { description, url }: Rule = rules[finding.rule]
  const said = typeof message === 'string' ? message : message()
  return { ...finding, message: presentable(said), description, ...(url !== undefined && { url }) }
}

/** What has no place comes last. */
function byPlace({ at: a }: Warning, { at: b }: Warning): number {
  if (!a || !b) return Number(!a) - Number(!b)
  return a.start.line - b.start.line
}
