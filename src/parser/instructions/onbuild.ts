import { readExecForm } from '../exec-form.ts'
import { readFlags } from '../flags.ts'
import type { OnbuildInstruction } from '../instruction.ts'
import { readPairs } from '../pairs.ts'
import { requireArguments } from '../single.ts'
import { baseOf, instructionError, type Statement } from '../statement.ts'
import { firstWord } from '../words.ts'

export function readOnbuild(statement: Statement): OnbuildInstruction {
  requireArguments(statement)
  readFlags(statement, {})
  const { head, tail } = firstWord(statement.rest)
  refuseTrigger(statement, head)
  if (tail) checkForm({ ...statement, keyword: head, flags: [], rest: tail })
  const bodies = statement.heredocs.map(({ raw, name }) => `\n${raw}${name}`)
  // All that stands behind the keyword, also a -- that ends the flags and blanks at the end.
  const expression = statement.text.slice(statement.keyword.end).replace(/^[\t\f\r ]+/, '')
  const trigger = expression + bodies.join('')
  return { kind: 'onbuild', ...baseOf(statement), trigger }
}

/** @throws {TsbuildError} TSB_BAD_TRIGGER for an instruction that may not stand after ONBUILD */
export function refuseTrigger(statement: Statement, keyword: Statement['keyword']): void {
  const name = keyword.text.toUpperCase()
  const message =
    name === 'ONBUILD'
      ? "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"
      : `${name} isn't allowed as an ONBUILD trigger`
  if (!['ONBUILD', 'FROM', 'MAINTAINER'].includes(name)) return
  const hint =
    name === 'ONBUILD' ? 'write ONBUILD once' : `leave ${name} out: the image that is built on this one has its own`
  throw instructionError(statement, 'TSB_BAD_TRIGGER', message, { part: keyword, hint })
}

/** Of a trigger, the pairs of ENV and LABEL and the types in a JSON array are looked at before it is triggered. */
function checkForm(trigger: Statement): void {
  const keyword = trigger.keyword.text.toUpperCase()
  if (keyword === 'ENV' || keyword === 'LABEL') readPairs(trigger)
  if (!jsonKeywords.includes(keyword)) return
  const { text, end } = trigger.rest
  const start = /^(?:--\S*\s+)*/.exec(text)?.[0].length ?? 0
  readExecForm(trigger, { text: text.slice(start), start: trigger.rest.start + start, end })
}

const jsonKeywords = ['ADD', 'CMD', 'COPY', 'ENTRYPOINT', 'RUN', 'SHELL', 'VOLUME']
