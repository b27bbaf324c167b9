/** What ink says of a key. */
export interface KeyFacts {
  readonly upArrow?: boolean
  readonly downArrow?: boolean
  readonly leftArrow?: boolean
  readonly rightArrow?: boolean
  readonly pageUp?: boolean
  readonly pageDown?: boolean
  readonly home?: boolean
  readonly end?: boolean
  readonly return?: boolean
  readonly escape?: boolean
  readonly tab?: boolean
  readonly backspace?: boolean
  readonly delete?: boolean
  readonly ctrl?: boolean
}

const names: readonly (readonly [keyof KeyFacts, string])[] = [
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
  ['pageUp', 'pageup'],
  ['pageDown', 'pagedown'],
  ['home', 'home'],
  ['end', 'end'],
  ['return', 'enter'],
  ['escape', 'escape'],
  ['tab', 'tab'],
  ['backspace', 'backspace'],
  ['delete', 'backspace'],
]

/** The names of the keys that were pressed: several, when they came at once. */
export function keyNames(input: string, key: KeyFacts): readonly string[] {
  const named = names.find(([fact]) => key[fact])
  if (named) return [named[1]]
  if (key.ctrl) return [input === ' ' ? 'ctrl+space' : `ctrl+${input.toLowerCase()}`]
  return [...input].map((character) => plain[character] ?? control(character) ?? character)
}

/** Ctrl with a letter, which a terminal sends as one of the first 26 characters. */
function control(character: string): string | undefined {
  const code = character.charCodeAt(0)
  return code >= 1 && code <= 26 ? `ctrl+${String.fromCharCode(96 + code)}` : undefined
}

const plain: Readonly<Record<string, string>> = {
  ' ': 'space',
  '\0': 'ctrl+space',
  '\b': 'backspace',
  '\t': 'tab',
  '\n': 'enter',
  '\r': 'enter',
  '\x1b': 'escape',
  '\x7f': 'backspace',
}
