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
  return [...input].map((character) => plain[character] ?? character)
}

const plain: Readonly<Record<string, string>> = {
  ' ': 'space',
  '\r': 'enter',
  '\n': 'enter',
  '\t': 'tab',
  '\x7f': 'backspace',
}
