import { TsbuildError } from '../../errors.ts'
import { type Platform, parsePlatform } from '../../image/index.ts'
import type { Dockerfile, Stage, Word } from '../../parser/index.ts'
import { goQuote } from '../go-format.ts'
import type { Variables } from '../variables.ts'
import { createBudget, type Expansion, expandWord, lookupIn } from '../words/index.ts'
import type { Checks, Warn } from './checks.ts'
import { suggestion } from './suggestion.ts'

/** What FROM lines are read with. */
interface FromScope {
  readonly globals: Variables
  readonly buildPlatform: Platform
}

/** The variables of FROM and its `--platform`, up to the first that cannot be expanded: planning fails there. */
export function checkFromArguments(dockerfile: Dockerfile, scope: FromScope, checks: Checks): void {
  const { escape: escapeChar, globalArgs, stages } = dockerfile
  const names = globalArgs.flatMap(({ args }) => args.map(({ name }) => name))
  const declared = new Set([...scope.globals.keys(), ...names])
  const lookup = lookupIn(scope.globals)
  const budget = createBudget()
  try {
    for (const stage of stages) {
      const { image, platform, comments } = stage.from
      const warn = checks.warnAt(comments)
      warnOfUndeclared(expandWord(image.text, lookup, escapeChar, budget), image, declared, warn)
      if (!platform) continue
      const expansion = expandWord(platform.text, lookup, escapeChar, budget)
      warnOfUndeclared(expansion, platform, declared, warn)
      warnOfRedundantPlatform(expansion, platform, scope, warn)
      warnOfConstantPlatform(expansion, stage, platform, scope, warn)
    }
  } catch (error) {
    if (!(error instanceof TsbuildError)) throw error
  }
}

function warnOfUndeclared({ unset }: Expansion, { at }: Word, declared: ReadonlySet<string>, warn: Warn): void {
  for (const name of unset) {
    if (declared.has(name)) continue
    const message = () => `FROM argument '${name}' is not declared${suggestion(name, declared)}`
    warn({ rule: 'UndefinedArgInFrom', message, at })
  }
}

function warnOfRedundantPlatform(
  { used, unset, value }: Expansion,
  { text, at }: Word,
  { globals }: FromScope,
  warn: Warn,
): void {
  if (unset.size > 0 || used.size !== 1 || !used.has('TARGETPLATFORM')) return
  if (value !== globals.get('TARGETPLATFORM')) return
  const message = `Setting platform to predefined ${text} in FROM is redundant as this is the default behavior`
  warn({ rule: 'RedundantTargetPlatform', message, at })
}

/** A stage that is named after its platform means to be for no other. */
function warnOfConstantPlatform(
  { used, unset, value }: Expansion,
  { name = '' }: Stage,
  { at }: Word,
  { buildPlatform }: FromScope,
  warn: Warn,
): void {
  if (used.size > 0 || unset.size > 0 || value === '') return
  const { os, architecture } = parsePlatform(value, buildPlatform)
  if (name.includes(os) || name.includes(architecture)) return
  const message = `FROM --platform flag should not use constant value ${goQuote(value)}`
  warn({ rule: 'FromPlatformFlagConstDisallowed', message, at })
}
