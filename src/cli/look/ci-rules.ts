import { TsbuildError } from '../../errors.ts'
import type { Waste } from '../../index.ts'
import { FlagError } from '../flags/flag-error.ts'

/** The rules of dive, by their names in `.dive-ci`. */
export const ruleNames = ['highestUserWastedPercent', 'highestWastedBytes', 'lowestEfficiency'] as const
export type RuleName = (typeof ruleNames)[number]
/** As written: `0.9`, `20MB`, `disabled`. */
export type Rules = { readonly [N in RuleName]: string }

export const defaultRules: Rules = {
  highestUserWastedPercent: '0.1',
  highestWastedBytes: 'disabled',
  lowestEfficiency: '0.9',
}

export interface RuleResult {
  readonly name: RuleName
  readonly status: 'PASS' | 'FAIL' | 'SKIP'
  /** Why; the rule itself when it passed. */
  readonly message: string
}

/** Holds an image against rules. @throws {FlagError} for a value that cannot be */
export function holdAgainst(rules: Rules, waste: Waste): readonly RuleResult[] {
  return ruleNames.map((name) => {
    const text = rules[name].trim()
    if (/^(disabled|off|false|)$/i.test(text)) return { name, status: 'SKIP', message: 'disabled' }
    const failure = failures[name](text, waste)
    return failure === undefined ? { name, status: 'PASS', message: text } : { name, status: 'FAIL', message: failure }
  })
}

const nothing: Waste = {
  efficiency: 1,
  wastedBytes: 0,
  userWastedPercent: 0,
  files: [],
  hiddenBytes: 0,
  imageBytes: 0,
  layerBytes: [],
}

/** Whether the values can be, before an image is read for them. @throws {FlagError} */
export function checkRules(rules: Rules): void {
  holdAgainst(rules, nothing)
}

/** What is wrong with the image; undefined when it keeps the rule. */
type Failure = (text: string, waste: Waste) => string | undefined

const failures: { readonly [N in RuleName]: Failure } = {
  lowestEfficiency: (text, { efficiency }) =>
    efficiency < ratio('lowestEfficiency', text)
      ? `image efficiency is too low (efficiency=${efficiency.toFixed(4)} < threshold=${text})`
      : undefined,
  highestWastedBytes: (text, { wastedBytes }) =>
    wastedBytes > bytes(text) ? `too many bytes wasted (wasted-bytes=${wastedBytes} > threshold=${text})` : undefined,
  highestUserWastedPercent: (text, { userWastedPercent }) =>
    userWastedPercent > ratio('highestUserWastedPercent', text)
      ? `too many bytes wasted, relative to the user bytes added (%-user-wasted-bytes=${userWastedPercent.toFixed(4)} > threshold=${text})`
      : undefined,
}

function ratio(name: RuleName, text: string): number {
  const value = /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN
  if (value >= 0 && value <= 1) return value
  throw new FlagError(`invalid value for ${name}: ${text}`, 'a number from 0 to 1, or disabled')
}

const units: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12 }

/** As dive reads sizes: MB is a million, MiB 2^20. */
function bytes(text: string): number {
  const [, number, unit = '', binary] = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?$/i.exec(text) ?? []
  const factor = units[unit.toLowerCase()]
  if (number === undefined || factor === undefined) {
    throw new FlagError(`invalid value for highestWastedBytes: ${text}`, 'a size such as 20MB, or disabled')
  }
  const exponent = Math.log10(factor) / 3
  return Number(number) * (binary ? 1024 ** exponent : factor)
}

/**
 * The rules of a `.dive-ci`: lines `name: value` below `rules:`, comments from `#` on. Other keys of dive are passed over.
 * @param name of the file, for people
 * @throws {TsbuildError} TSB_CI_RULES
 */
export function parseRules(text: string, name: string): Partial<Rules> {
  const rules: Partial<Record<RuleName, string>> = {}
  let isInRules = false
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    const [, indent = '', key = '', value = ''] =
      /^(\s*)([\w-]+)\s*:\s*(.*?)\s*$/.exec(line.replace(/(^|\s)#.*$/, '')) ?? []
    if (key === '') {
      if (line.replace(/#.*$/, '').trim() === '' || /^---\s*$/.test(line)) continue
      throw wrong(name, at, `not of the form NAME: VALUE`)
    }
    if (indent === '') isInRules = key === 'rules'
    else if (isInRules) {
      if (!isRuleName(key)) throw wrong(name, at, `there is no rule ${key}`)
      rules[key] = value.replace(/^(['"])(.*)\1$/, '$2')
    }
  }
  return rules
}

function isRuleName(text: string): text is RuleName {
  return (ruleNames as readonly string[]).includes(text)
}

function wrong(name: string, at: number, what: string): TsbuildError {
  return new TsbuildError('TSB_CI_RULES', `${name}:${at + 1}: ${what}`, {
    hint: `below rules: write ${ruleNames.map((rule) => `${rule}: VALUE`).join(', ')}`,
  })
}
