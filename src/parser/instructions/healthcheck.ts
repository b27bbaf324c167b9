import { didYouMean } from '../../errors.ts'
import { excerpt, quoted } from '../characters.ts'
import { readCommand } from '../command.ts'
import { parseDuration } from '../duration.ts'
import { type Flags, readFlags } from '../flags.ts'
import type { HealthcheckInstruction } from '../instruction.ts'
import { requireArguments } from '../single.ts'
import { baseOf, instructionError, type Statement } from '../statement.ts'
import { usageHint } from '../usage.ts'
import { firstWord, part } from '../words.ts'

export function readHealthcheck(statement: Statement): HealthcheckInstruction {
  requireArguments(statement)
  const flags = readFlags(statement, {
    interval: 'word',
    timeout: 'word',
    'start-period': 'word',
    'start-interval': 'word',
    retries: 'word',
  })
  return {
    kind: 'healthcheck',
    ...baseOf(statement),
    test: readTest(statement),
    interval: readInterval(statement, flags, 'interval'),
    timeout: readInterval(statement, flags, 'timeout'),
    startPeriod: readInterval(statement, flags, 'start-period'),
    startInterval: readInterval(statement, flags, 'start-interval'),
    retries: readRetries(statement, flags),
  }
}

function readTest(statement: Statement): HealthcheckInstruction['test'] {
  const { head, tail } = firstWord(statement.rest)
  const type = head.text.toUpperCase()
  if (type === 'NONE') {
    if (!tail) return { type: 'none' }
    throw instructionError(statement, 'TSB_BAD_HEALTHCHECK', 'HEALTHCHECK NONE takes no arguments', {
      part: tail,
      hint: 'leave them out, or write HEALTHCHECK CMD COMMAND',
    })
  }
  if (type !== 'CMD') {
    const message = `Unknown type ${quoted(type)} in HEALTHCHECK (try CMD)`
    throw instructionError(statement, 'TSB_BAD_HEALTHCHECK', message, {
      part: head,
      hint: didYouMean(excerpt(type), ['CMD', 'NONE']) ?? `write HEALTHCHECK CMD ${excerpt(statement.rest.text)}`,
    })
  }
  const command = readCommand(statement, tail ?? part(head, head.text.length, head.text.length))
  if (command.form === 'shell' ? command.text !== '' : command.argv.length > 0) return { type: 'cmd', command }
  throw instructionError(statement, 'TSB_MISSING_ARGUMENT', 'Missing command after HEALTHCHECK CMD', {
    hint: usageHint('healthcheck'),
  })
}

const millisecond = 1_000_000

function readInterval(statement: Statement, flags: Flags, name: string): number {
  const flag = flags.word(name)
  if (!flag || flag.text === '') return 0
  const duration = parseDuration(flag.text)
  const { at } = flag
  if (typeof duration !== 'number') {
    const hint = 'write a number and a unit, such as 30s or 1m30s'
    throw instructionError(statement, 'TSB_BAD_FLAG', duration.problem, { at, hint })
  }
  if (duration === 0 || duration >= millisecond) return duration
  const message = `Interval ${JSON.stringify(name)} cannot be less than 1ms`
  throw instructionError(statement, 'TSB_BAD_FLAG', message, { at, hint: 'write 1ms or more, or 0 for the default' })
}

function readRetries(statement: Statement, flags: Flags): number {
  const flag = flags.word('retries')
  if (!flag || flag.text === '') return 0
  const { at, text } = flag
  const value = /^[+-]?\d{1,20}$/.test(text) ? Number(text) : Number.NaN
  if (value >= 0 && value < 2 ** 31) return value
  const problem = Number.isNaN(value)
    ? `strconv.ParseInt: parsing ${quoted(text)}: invalid syntax`
    : value < 0
      ? `--retries cannot be negative (${value})`
      : `strconv.ParseInt: parsing ${quoted(text)}: value out of range`
  throw instructionError(statement, 'TSB_BAD_FLAG', problem, { at, hint: 'write a whole number, such as 3' })
}
