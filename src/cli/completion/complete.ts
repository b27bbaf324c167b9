import type { Argument, Command, Option } from 'commander'
import { visibleOptions } from '../program/visible-options.ts'
import { type Completion, nothing, type Wanted, wantedArgument, wantedValue } from './values.ts'

/** What a shell may put in place of the word at the cursor. */
export interface Candidate {
  readonly value: string
  /** Absent: it says itself. */
  readonly description?: string
}

/** What stands before the cursor, as the program reads it. */
interface Place {
  readonly command: Command
  /** How many arguments of the command there are already. */
  readonly position: number
  /** The flag whose value comes next. */
  readonly pending?: Option | undefined
  /** Behind `--` no word is a flag. */
  readonly noFlags: boolean
  /** Nothing but flags so far: the name of a command may come. */
  readonly isFirst: boolean
}

/**
 * What may stand at the cursor.
 * @param words behind the name of the program; the last one is the word at the cursor, up to it
 * @param find values that are known only here and now: names of images, stages of a Dockerfile
 */
export async function complete(
  program: Command,
  words: readonly string[],
  find: (wanted: Wanted, words: readonly string[]) => Promise<Completion>,
): Promise<Completion> {
  const current = words.at(-1) ?? ''
  const before = words.slice(0, -1)
  const place = placeAfter(program, before)
  const { pending } = place
  if (pending) return startingWith(current, await find(wantedValue(pending), before))
  const [, flag, text] = /^(--[^=]+)=(.*)$/s.exec(current) ?? []
  if (flag !== undefined && text !== undefined && !place.noFlags) {
    const option = optionNamed(place.command, program, flag)
    if (!option || option.isBoolean()) return nothing
    return prefixed(`${flag}=`, startingWith(text, await find(wantedValue(option), before)))
  }
  if (current.startsWith('-') && !place.noFlags) return flagsOf(place.command, program, current)
  return startingWith(current, await wordsAt(place, program, (wanted) => find(wanted, before)))
}

function placeAfter(program: Command, words: readonly string[]): Place {
  let place: Place = { command: program, position: 0, noFlags: false, isFirst: true }
  for (const word of words) {
    if (place.pending) place = { ...place, pending: undefined }
    else if (place.noFlags) place = argumentAfter(place)
    else if (word === '--') place = { ...place, noFlags: true }
    else if (/^-./.test(word)) place = { ...place, pending: valueAfter(place.command, program, word) }
    else place = commandAfter(place, program, word) ?? argumentAfter(place)
  }
  return place
}

/** The flag of a word, when its value is the next word. */
function valueAfter(command: Command, program: Command, word: string): Option | undefined {
  if (word.startsWith('--')) {
    const option = word.includes('=') ? undefined : optionNamed(command, program, word)
    return option?.required && option.long !== '--pull' ? option : undefined
  }
  // -qt NAME: all but the last letter are switches.
  const letters = [...word.slice(1)]
  for (const [at, letter] of letters.entries()) {
    const option = optionNamed(command, program, `-${letter}`)
    if (option?.required) return at === letters.length - 1 ? option : undefined
  }
  return undefined
}

function commandAfter(place: Place, program: Command, word: string): Place | undefined {
  const { command, position } = place
  if (position > 0 || (command !== program && command.commands.length === 0)) return undefined
  const found = command.commands.find((candidate) => candidate.name() === word)
  if (found) return { ...place, command: found, isFirst: false }
  if (command === program && word === 'help') return { ...place, isFirst: true }
  return undefined
}

/** A word that names no command is the first argument of `build`. */
function argumentAfter(place: Place): Place {
  const command = defaultOf(place.command)
  return { ...place, command, position: place.position + 1, isFirst: false }
}

/** What is meant where no command is named: `build`, and of some groups one of theirs. */
function defaultOf(command: Command): Command {
  const name: unknown = Reflect.get(command, '_defaultCommandName')
  return command.commands.find((candidate) => candidate.name() === name) ?? command
}

/** Flags stand before the name of the command too; without one they are those of a build. */
function optionNamed(command: Command, program: Command, flag: string): Option | undefined {
  const options = [...defaultOf(command).options, ...program.options]
  return options.find(({ short, long }) => flag === short || flag === long)
}

function flagsOf(command: Command, program: Command, current: string): Completion {
  const own = visibleOptions(defaultOf(command), program)
  const candidates = own.flatMap(({ short, long, description }) =>
    [current === '-' ? undefined : long, current === '-' || current === short ? (short ?? long) : undefined].flatMap(
      (value) => (value?.startsWith(current) ? [{ value, description: firstPart(description) }] : []),
    ),
  )
  return { ...nothing, candidates }
}

async function wordsAt(
  { command, position, isFirst }: Place,
  program: Command,
  find: (wanted: Wanted) => Promise<Completion>,
): Promise<Completion> {
  if (command.commands.length > 0 && position === 0 && (isFirst || command !== program)) {
    const commands = command.commands.map((each) => ({ value: each.name(), description: firstPart(each.summary()) }))
    if (command !== program) return { ...nothing, candidates: commands }
    const context = await argumentOf(defaultOf(program), 0, find)
    return { ...context, candidates: [...commands, ...context.candidates] }
  }
  return argumentOf(command, position, find)
}

function argumentOf(
  { registeredArguments }: Command,
  position: number,
  find: (wanted: Wanted) => Promise<Completion>,
): Promise<Completion> {
  const last: Argument | undefined = registeredArguments.at(-1)
  const argument = registeredArguments[position] ?? (last?.variadic ? last : undefined)
  return argument ? find(wantedArgument(argument)) : Promise.resolve(nothing)
}

function startingWith(current: string, completion: Completion): Completion {
  return { ...completion, candidates: completion.candidates.filter(({ value }) => value.startsWith(current)) }
}

function prefixed(prefix: string, completion: Completion): Completion {
  const candidates = completion.candidates.map((candidate) => ({ ...candidate, value: `${prefix}${candidate.value}` }))
  return { ...completion, candidates }
}

/** A description up to its first colon, semicolon or bracket: a list has no room for more. */
function firstPart(text: string): string {
  return (text.split(/[:;(]/)[0] ?? '').trim()
}
