/** Puts a text into a colour by SGR, or leaves it. */
export type Paint = (style: string, text: string) => string

export const noPaint: Paint = (_style, text) => text

const styles: Readonly<Record<string, string>> = {
  bold: '1',
  faint: '2',
  black: '30',
  red: '31',
  green: '32',
  yellow: '33',
  blue: '34',
  magenta: '35',
  cyan: '36',
  white: '37',
}

/** @param style a name of the 8 colours, `bold`, `faint`, or `255,165,0`; an unknown one is no style */
export const paint: Paint = (style, text) => {
  const code = styles[style] ?? rgb(style)
  return code === undefined || text === '' ? text : `\x1b[${code}m${text}\x1b[0m`
}

function rgb(style: string): string | undefined {
  return /^\d{1,3},\d{1,3},\d{1,3}$/.test(style) ? `38;2;${style.replaceAll(',', ';')}` : undefined
}
