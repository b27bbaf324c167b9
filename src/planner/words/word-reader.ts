import type { TsbuildError } from '../../errors.ts'
import type { Budget } from './budget.ts'
import type { Lookup } from './lookup.ts'
import { applyModifier, applyReplacement, endOfText, unsupported } from './modifier.ts'
import type { WordList } from './word-list.ts'
import { startWork, type Work } from './work.ts'

/** How a text is read. */
export interface Rules {
  readonly escape: string
  /** `remove`: as a shell does. `keep`: they hold text together and stay in it. `ignore`: ordinary characters. */
  readonly quotes: 'remove' | 'keep' | 'ignore'
  /** `keep` leaves `$NAME` in the text when it is not set. */
  readonly unset: 'empty' | 'keep'
  /** Characters that the result may have. */
  readonly limit: number
  /** Of all expansions that this one is among. */
  readonly budget: Budget
}

/** Braces in braces: what a person writes has two or three. */
const depthLimit = 100

/** Reads one text as a shell reads a word. Used once. */
export class WordReader {
  readonly used = new Set<string>()
  readonly unset = new Set<string>()
  readonly #text: string
  readonly #env: Lookup
  readonly #rules: Rules
  readonly #work: Work
  #at = 0
  #depth = 0

  constructor(text: string, env: Lookup, rules: Rules) {
    this.#text = text
    this.#env = env
    this.#rules = rules
    this.#work = startWork(text, rules.budget)
  }

  /** The expanded text. Its words are put into a list where one is wanted. */
  read(list?: WordList): string {
    return this.#readUntil('', { keepEscapes: false, ...(list && { list }) })
  }

  /** Reads up to `stop` and passes it; '' is the end of the text. */
  #readUntil(stop: string, how: { readonly keepEscapes: boolean; readonly list?: WordList }): string {
    const special = `$"'<${this.#rules.escape}${stop}`
    let result = ''
    const add = (text: string, quoted: boolean) => {
      result = this.#bounded(result + text)
      if (quoted) how.list?.addQuoted(text)
      else how.list?.addText(text)
    }
    while (this.#at < this.#text.length) {
      const char = this.#text.charAt(this.#at)
      if (char === stop) {
        this.#at++
        return result
      }
      if (char === '$') add(this.#readVariable(), false)
      else if (char === this.#rules.escape) add(this.#readEscape(how.keepEscapes), true)
      else if (this.#isQuote(char)) add(char === "'" ? this.#readSingle() : this.#readDouble(how.keepEscapes), true)
      else if (char === '<') add(this.#readArrows(), true)
      else add(this.#readPlain(special), false)
    }
    if (stop === '') return result
    throw this.#missing(stop)
  }

  #bounded(text: string): string {
    const { limit } = this.#rules
    if (text.length <= limit) return text
    throw this.#work.fail(
      'TSB_EXPANSION_LIMIT',
      `the value is longer than ${limit} characters`,
      'put long texts into files',
    )
  }

  #missing(stop: string): TsbuildError {
    const problem = stop === '/' ? `syntax error: missing '/' in \${}` : `syntax error: missing '${stop}'`
    return this.#syntax(problem, stop === '/' ? `write \${NAME/PATTERN/REPLACEMENT}` : `close it with ${stop}`)
  }

  #syntax(problem: string, hint?: string): TsbuildError {
    return this.#work.fail('TSB_EXPANSION_SYNTAX', problem, hint)
  }

  #isQuote(char: string): boolean {
    return this.#rules.quotes !== 'ignore' && (char === "'" || char === '"')
  }

  /** Takes the character here and those after it that mean nothing. */
  #readPlain(special: string): string {
    const start = this.#at++
    while (this.#at < this.#text.length && !special.includes(this.#text.charAt(this.#at))) this.#at++
    return this.#text.slice(start, this.#at)
  }

  /** `<<` takes the white space after it along: `<< EOF` is one word. */
  #readArrows(): string {
    const arrows = /<<\s*|</y
    arrows.lastIndex = this.#at
    const text = arrows.exec(this.#text)?.[0] ?? ''
    this.#at += text.length
    return text
  }

  /** An escape and what it protects; at the end of the text it is nothing. */
  #readEscape(keep: boolean): string {
    const escaped = this.#text.slice(this.#at + 1, this.#at + 2)
    this.#at += 2
    return keep ? this.#rules.escape + escaped : escaped
  }

  #readSingle(): string {
    const end = this.#text.indexOf("'", this.#at + 1)
    if (end < 0) throw this.#unclosed('single')
    const from = this.#at + 1
    this.#at = end + 1
    return this.#quoted("'", this.#text.slice(from, end))
  }

  #readDouble(keepEscapes: boolean): string {
    const special = `$"${this.#rules.escape}`
    let result = ''
    this.#at++
    while (this.#at < this.#text.length) {
      const char = this.#text.charAt(this.#at)
      if (char === '"') {
        this.#at++
        return this.#quoted('"', result)
      }
      if (char === '$') result += this.#readVariable()
      else if (char === this.#rules.escape) result += this.#readEscapeInDouble(keepEscapes)
      else result += this.#readPlain(special)
      this.#bounded(result)
    }
    throw this.#unclosed('double')
  }

  /** In double quotes an escape protects only `"`, `$` and itself; before anything else it stays. */
  #readEscapeInDouble(keep: boolean): string {
    const next = this.#text.charAt(this.#at + 1)
    if (next !== '' && `"$${this.#rules.escape}`.includes(next)) return this.#readEscape(keep)
    this.#at++
    return next === '' ? '' : this.#rules.escape
  }

  #quoted(quote: string, text: string): string {
    return this.#rules.quotes === 'keep' ? quote + text + quote : text
  }

  #unclosed(kind: 'single' | 'double'): TsbuildError {
    const problem = `unexpected end of statement while looking for matching ${kind}-quote`
    return this.#syntax(problem, `close the quote, or put ${this.#rules.escape} before it`)
  }

  /** From `$` on. */
  #readVariable(): string {
    this.#at++
    if (this.#text[this.#at] === '{') return this.#nested(() => this.#readBraces())
    const name = this.#readName()
    if (name === '') return '$'
    return this.#lookUp(name) ?? this.#whenUnset(`$${name}`)
  }

  #nested(read: () => string): string {
    if (++this.#depth > depthLimit)
      throw this.#work.fail(
        'TSB_EXPANSION_LIMIT',
        `more than ${depthLimit} braces are open`,
        'give parts of it names with ARG',
      )
    const result = read()
    this.#depth--
    return result
  }

  #readBraces(): string {
    const first = this.#text.charAt(++this.#at)
    if (first === '') throw this.#missing('}')
    if ('{}:'.includes(first)) throw this.#syntax('syntax error: bad substitution', `write \${NAME}`)
    const name = this.#readName()
    const operator = this.#readOperator()
    if (operator === '}') return this.#lookUp(name) ?? this.#whenUnset(`\${${name}}`)
    if (operator === '/') return this.#readReplacement(name)
    if (operator === ':') return this.#readModifier(name, this.#readOperator(), true)
    if (operator.length === 1 && '-+?#%'.includes(operator)) return this.#readModifier(name, operator, false)
    throw unsupported(operator, this.#work)
  }

  #readModifier(name: string, operator: string, nullIsUnset: boolean): string {
    const isPattern = operator === '#' || operator === '%'
    if (nullIsUnset && isPattern) throw unsupported(`:${operator}`, this.#work)
    const word = this.#readUntil('}', { keepEscapes: isPattern })
    const value = this.#lookUp(name)
    if (value === undefined && this.#rules.unset === 'keep') {
      return `\${${name}${nullIsUnset ? ':' : ''}${operator}${word}}`
    }
    return applyModifier({ name, operator, nullIsUnset, word }, value, this.#work)
  }

  #readReplacement(name: string): string {
    const every = this.#text[this.#at] === '/'
    if (every) this.#at++
    const pattern = this.#readUntil('/', { keepEscapes: true })
    const by = this.#readUntil('}', { keepEscapes: true })
    const value = this.#lookUp(name)
    if (value === undefined && this.#rules.unset === 'keep') return `\${${name}/${every ? '/' : ''}${pattern}/${by}}`
    return applyReplacement(value ?? '', pattern, by, every, this.#work)
  }

  /** Letters, digits and `_`; digits alone when it begins with one; or one of the shell's special parameters. */
  #readName(): string {
    const pattern = /\p{Nd}+|[@*#?\-$!]|[\p{L}_][\p{L}\p{Nd}_]*/uy
    pattern.lastIndex = this.#at
    const name = pattern.exec(this.#text)?.[0] ?? ''
    this.#at += name.length
    return name
  }

  #readOperator(): string {
    const code = this.#text.codePointAt(this.#at)
    const operator = code === undefined ? endOfText : String.fromCodePoint(code)
    this.#at += operator.length
    return operator
  }

  #lookUp(name: string): string | undefined {
    const value = this.#env.get(name)
    if (value === undefined) this.unset.add(name)
    else this.used.add(name)
    return value
  }

  #whenUnset(text: string): string {
    return this.#rules.unset === 'keep' ? text : ''
  }
}
