import { countText } from '../../text/index.ts'
import { type Html, html } from '../html.ts'
import { sizeText } from '../words.ts'
import { plainLook, spansOf } from './ansi.ts'

/** What a step printed, or the first and the last of it. */
export interface StepLog {
  readonly head: string
  /** Empty when `head` is all there is. */
  readonly tail: string
  /** Bytes between them. */
  readonly left: number
  /** Where all of it is. */
  readonly file: string
}

/** Letters of a line that are shown. */
const longest = 2000

/**
 * The output of a step as text: its markup is shown, its colours are ours.
 * @param from where one who opens it begins to read
 */
export function logBlock({ head, tail, left, file }: StepLog, from: 'begin' | 'end'): Html {
  if (head === '' && tail === '') return html`<p class="quiet">It printed nothing.</p>`
  const cut =
    left > 0 && html`<p class="cut">${sizeText(left)} are left out here; all of it is in <code>${file}</code></p>`
  const last = from === 'end' ? 'log end' : 'log'
  return html`${printed(head, tail === '' ? last : 'log')}${cut}${tail !== '' && printed(tail, last)}`
}

function printed(text: string, look: string): Html {
  const terminal = plainLook()
  const lines = linesOf(text).map((line) => {
    const shown = line.length > longest ? line.slice(0, longest) : line
    const more = line.length - shown.length
    const spans = spansOf(shown, terminal).map((span) =>
      span.look === '' ? html`${span.text}` : html`<span class="${span.look}">${span.text}</span>`,
    )
    return html`${spans}${more > 0 && html`<em>… ${countText(more, 'letter')} more</em>`}
`
  })
  return html`<div class="${look}" tabindex="0" role="region" aria-label="Output"><pre>${lines}</pre></div>`
}

/**
 * A carriage return goes back to the begin of its line: of a progress bar the last state is shown; other words that were
 * written over have lines of their own, so that none are hidden.
 */
function linesOf(text: string): readonly string[] {
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines.flatMap((line) => {
    const states = line.replace(/\r+$/, '').split(/\r+/)
    return states.filter((state, i) => i === states.length - 1 || wordsOf(state) !== wordsOf(states[i + 1] ?? ''))
  })
}

/** Without numbers, bars and blanks. */
function wordsOf(state: string): string {
  return state.replace(/[\d#=>.,:|/\s-]+/g, '')
}
