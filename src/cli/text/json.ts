/**
 * JSON for standard output: always one line unless `indent` is given, and safe to show on a terminal or in a CI log, since
 * control characters and runner commands are written as `\u` escapes.
 */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent)
    .replace(/[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, escaped)
    .replace(/##(?=\w*\[)/g, '#\\u0023')
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
