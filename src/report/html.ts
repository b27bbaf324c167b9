import { visible } from '../text/index.ts'

class Piece {
  readonly markup: string

  constructor(markup: string) {
    this.markup = markup
  }
}

/** A piece of a page. Only `html` and `styleElement` make one: all else that comes into a page is escaped on its way. */
export type Html = Piece

/** What may stand in the holes of `html`. */
export type Hole = Html | string | number | false | undefined | readonly Hole[]

/**
 * The one door to a page: what is in the holes is text, also in the value of an attribute, which is always quoted. What cannot
 * be seen, or turns other text around, becomes `<U+202E>`.
 */
export function html(parts: TemplateStringsArray, ...holes: readonly Hole[]): Html {
  let text = parts[0] ?? ''
  holes.forEach((hole, i) => {
    text += markupOf(hole) + (parts[i + 1] ?? '')
  })
  return new Piece(text)
}

/** The text of a page that is whole. */
export function pageText(page: Html): string {
  return markupOf(page)
}

/** Rules of ours, which know no text of others: the only thing that is not escaped. */
export function styleElement(rules: string): Html {
  if (rules.includes('<')) throw new Error('rules of style with markup in them')
  return new Piece(`<style>${rules}</style>`)
}

function markupOf(hole: Hole): string {
  if (hole === undefined || hole === false) return ''
  if (hole instanceof Piece) return hole.markup
  if (Array.isArray(hole)) return hole.map(markupOf).join('')
  return escapeText(String(hole))
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escapeText(text: string): string {
  return visible(text).replace(/[&<>"']/g, (one) => entities[one] ?? '')
}
