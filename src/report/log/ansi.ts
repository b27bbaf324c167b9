import { stripControls } from '../../text/index.ts'

/** A part of a line in one look. */
export interface Span {
  readonly text: string
  /** Classes of style; empty for plain text. */
  readonly look: string
}

/** How what follows looks; goes on over the end of a line. */
export interface Look {
  bold: boolean
  faint: boolean
  italic: boolean
  underline: boolean
  /** 0 to 15, as terminals number them. */
  colour: number | undefined
}

export function plainLook(): Look {
  return { bold: false, faint: false, italic: false, underline: false, colour: undefined }
}

const colourSequence = /\x1b\[([0-9;:]*)m/

/**
 * A line as spans. Colours and weights of terminals are kept; all other commands and controls are taken out.
 * @param look is changed by what the line says
 */
export function spansOf(line: string, look: Look): readonly Span[] {
  if (!line.includes('\x1b')) return spanOf(line, look)
  const pieces = line.split(colourSequence)
  return pieces.flatMap((piece, i) => {
    if (i % 2 === 0) return spanOf(piece, look)
    applyCodes(look, piece)
    return []
  })
}

function spanOf(piece: string, look: Look): readonly Span[] {
  const text = stripControls(piece)
  return text === '' ? [] : [{ text, look: classesOf(look) }]
}

function classesOf({ bold, faint, italic, underline, colour }: Look): string {
  return [bold && 'b', faint && 'f', italic && 'i', underline && 'u', colour !== undefined && `c${colour}`]
    .filter(Boolean)
    .join(' ')
}

/** @see https://invisible-island.net/xterm/ctlseqs/ctlseqs.html: Select Graphic Rendition */
function applyCodes(look: Look, sequence: string): void {
  const codes = sequence.split(/[;:]/).map(Number)
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at] ?? 0
    if (code === 38 || code === 48) {
      const isIndex = codes[at + 1] === 5
      if (code === 38) look.colour = isIndex ? ofSixteen(codes[at + 2]) : undefined
      at += isIndex ? 2 : 4
    } else applyCode(look, code)
  }
}

/** Backgrounds are left out: not every pair of colours can be read. */
function applyCode(look: Look, code: number): void {
  if (code === 0) Object.assign(look, plainLook())
  else if (code === 1) look.bold = true
  else if (code === 2) look.faint = true
  else if (code === 3) look.italic = true
  else if (code === 4) look.underline = true
  else if (code === 22) Object.assign(look, { bold: false, faint: false })
  else if (code === 23) look.italic = false
  else if (code === 24) look.underline = false
  else if (code >= 30 && code <= 37) look.colour = code - 30
  else if (code === 39) look.colour = undefined
  else if (code >= 90 && code <= 97) look.colour = code - 82
}

function ofSixteen(index: number | undefined): number | undefined {
  return index !== undefined && index < 16 ? index : undefined
}
