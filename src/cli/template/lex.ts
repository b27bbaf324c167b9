import { FlagError } from '../flags/flag-error.ts'

/** A text between actions, or the words of an action. */
export type Part = { readonly text: string } | { readonly words: readonly string[] }

/** `{{`, `{{- `, the action, ` -}}`, `}}`: quotes may hold braces. */
const action = /\{\{(- )?((?:"(?:\\.|[^"\\])*"|`[^`]*`|\/\*[\s\S]*?\*\/|(?!\}\})[^"`])*?)( -)?\}\}/g

const word = /\s+|"(?:\\.|[^"\\])*"|`[^`]*`|\|\||[()|]|\)?(?:\.[\w]+)+|\.|\$(?:\.\w+)*|-?[\d.]+|\w+/y

/** Splits a template into texts and actions; blanks beside `{{-` and `-}}` and comments are gone. */
export function lex(template: string): readonly Part[] {
  const parts: Part[] = []
  let at = 0
  let trim = false
  const addText = (end: number, trimEnd: boolean) => {
    const raw = template.slice(at, end)
    const text = trimEnd ? raw.trimEnd() : raw
    parts.push({ text: trim ? text.trimStart() : text })
  }
  for (const match of template.matchAll(action)) {
    addText(match.index, match[1] !== undefined)
    const body = (match[2] ?? '').trim()
    if (!body.startsWith('/*')) parts.push({ words: words(body) })
    trim = match[3] !== undefined
    at = match.index + match[0].length
  }
  if (template.indexOf('{{', at) >= 0) throw new FlagError(`--format: "{{" without "}}" in ${JSON.stringify(template)}`)
  addText(template.length, false)
  return parts
}

function words(body: string): readonly string[] {
  const found: string[] = []
  word.lastIndex = 0
  while (word.lastIndex < body.length) {
    const start = word.lastIndex
    const text = word.exec(body)?.[0]
    if (text === undefined) throw new FlagError(`--format: cannot read "${body.slice(start)}"`)
    if (text.trim() !== '') found.push(text)
  }
  return found
}
