/**
 * What a text from outside (step output, an image's metadata, a Dockerfile) must not do when it is printed: move the
 * cursor, set titles or the clipboard, hide or turn around other text, or speak to a CI runner.
 */

/** Terminal commands: CSI, strings (OSC, DCS, SOS, PM, APC) up to their end, and the short forms. Also their C1 spellings. */
const sequences =
  /\x1b\[[0-?]*[ -/]*[@-~]?|\x9b[0-?]*[ -/]*[@-~]?|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?|\x1b[ -/]*[0-~]?/g

const colourSequence = /^\x1b\[[0-9;:]*m$/

/** All control characters but tab and line feed. */
const controls = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g
const controlsButEscape = /[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f]/g

/** Characters that change the direction or the lines of what is around them. */
const directions = /[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** Those, and characters that cannot be seen at all, and controls. */
const unseen =
  /[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]|\u034f|[\u{e0000}-\u{e0fff}]/gu

/** What most texts have none of: a quick look saves the work. */
const suspicious = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/

/** Removes terminal commands and other controls; tab and line feed stay. Direction marks become `<U+202E>`. */
export function stripControls(text: string): string {
  if (!suspicious.test(text)) return text
  return text.replace(sequences, '').replace(controls, '').replace(directions, codePoint)
}

/** As `stripControls`, but colours (SGR) stay, and end with the text. */
export function keepColours(text: string): string {
  if (!text.includes('\x1b')) return stripControls(text)
  const kept = text
    .replace(sequences, (sequence) => (colourSequence.test(sequence) ? sequence : ''))
    .replace(controlsButEscape, '')
    .replace(directions, codePoint)
  return kept.includes('\x1b') && !kept.endsWith('\x1b[0m') ? `${kept}\x1b[0m` : kept
}

/** Shows what cannot be seen: `\x1b` becomes `<U+001B>`. Tab and line feed stay. For metadata, excerpts and messages. */
export function visible(text: string): string {
  return text.replace(unseen, codePoint)
}

/**
 * Breaks what CI runners take for commands: `::error::` (also after blanks) at the start of a line, `##vso[`, `##[`,
 * `##teamcity[` anywhere. The break is a blank that people can see.
 */
export function breakRunnerCommands(text: string): string {
  return text.replace(/^(\s*):(?=:)/gm, '$1: ').replace(/##(?=\w*\[)/g, '# #')
}

function codePoint(character: string): string {
  const code = character.codePointAt(0) ?? 0
  return `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`
}
