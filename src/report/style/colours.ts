/**
 * Colours of a page and of a picture, light and dark. All text on `--ground`, `--card` and `--well` has a contrast of 4.5 at
 * least: `test/report/colours.test.ts` computes it.
 */
export const colours: Readonly<Record<string, readonly [light: string, dark: string]>> = {
  ground: ['#faf9f7', '#141517'],
  card: ['#ffffff', '#1b1d20'],
  well: ['#f3f2ee', '#101113'],
  line: ['#dfddd6', '#33363b'],
  faint: ['#edebe6', '#26292d'],
  text: ['#1d1e20', '#e7e5e0'],
  muted: ['#5e6167', '#a2a6ac'],
  link: ['#1d5fbf', '#82b4ff'],
  hit: ['#2f7d4f', '#6cc08b'],
  ran: ['#3b76cf', '#6f9fe8'],
  critical: ['#a85a06', '#e9a44a'],
  unknown: ['#806500', '#d8bd53'],
  error: ['#bf2b2b', '#ff8078'],
  idle: ['#8d9097', '#73777e'],
}

/** The sixteen colours of terminals, as text on `--well`. */
export const terminalColours: readonly (readonly [light: string, dark: string])[] = [
  ['#1d1e20', '#a2a6ac'],
  ['#b3261e', '#ff8078'],
  ['#22703f', '#6cc08b'],
  ['#7a5b00', '#d8bd53'],
  ['#1d5fbf', '#82b4ff'],
  ['#8a2c9c', '#dd9af0'],
  ['#0b6b75', '#63c7d3'],
  ['#5e6167', '#d5d3ce'],
  ['#5e6167', '#8f949b'],
  ['#c02a22', '#ff9b94'],
  ['#277a46', '#8bd4a5'],
  ['#806500', '#ecd478'],
  ['#2b66c4', '#a3c8ff'],
  ['#9a3bac', '#ecb9fa'],
  ['#0f7480', '#8fdde6'],
  ['#1d1e20', '#ffffff'],
]

/** The colours by name, for whoever looks at it: `--text`. */
export function colourRules(): string {
  const all = Object.entries(colours).map(([name, [light, dark]]) => `--${name}:light-dark(${light},${dark})`)
  return `:root{color-scheme:light dark;${all.join(';')}}`
}

/** Classes of spans in logs: see `log/ansi.ts`. */
export function terminalRules(): string {
  const looks =
    '.log .b{font-weight:700}.log .f{opacity:.85}.log .i{font-style:italic}.log .u{text-decoration:underline}'
  return looks + terminalColours.map(([light, dark], i) => `.log .c${i}{color:light-dark(${light},${dark})}`).join('')
}
