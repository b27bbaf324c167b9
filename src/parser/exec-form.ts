import { TsbuildError } from '../errors.ts'
import type { Lexeme } from './characters.ts'
import type { Statement } from './statement.ts'

/**
 * The members of a JSON array of strings. Undefined when the text is not JSON: then it is words or a shell command,
 * silently, as BuildKit has it.
 * @throws {TsbuildError} TSB_BAD_JSON for a JSON array with anything but strings in it
 */
export function readExecForm(statement: Statement, rest: Lexeme): readonly Lexeme[] | undefined {
  const members = parseArray(rest.text)
  if (!members) return undefined
  const strings = members.filter((member) => typeof member === 'string')
  if (strings.length < members.length) {
    throw new TsbuildError('TSB_BAD_JSON', 'when using JSON array syntax, arrays must be comprised of strings only', {
      at: statement.place(rest),
      hint: 'put every member in double quotes',
    })
  }
  const places = stringPlaces(rest.text)
  return strings.map((text, i) => {
    const [start, end] = places[i] ?? [0, rest.text.length]
    return { text: text.toWellFormed(), start: rest.start + start, end: rest.start + end }
  })
}

function parseArray(text: string): readonly unknown[] | undefined {
  if (!text.startsWith('[') || !text.endsWith(']')) return undefined
  try {
    const parsed: unknown = JSON.parse(text)
    return Array.isArray(parsed) ? parsed : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Where the strings of valid JSON stand, quotes included. */
function stringPlaces(json: string): readonly (readonly [number, number])[] {
  const places: [number, number][] = []
  for (let start = json.indexOf('"'); start >= 0; ) {
    let end = start + 1
    while (json[end] !== '"') end += json[end] === '\\' ? 2 : 1
    places.push([start, end + 1])
    start = json.indexOf('"', end + 1)
  }
  return places
}
