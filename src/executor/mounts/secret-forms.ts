/** Values that are shorter are not masked: they would be found everywhere. In bytes. */
const shortest = 4
/** Longer ones are no passwords, and looking for them would cost more than it helps. In bytes. */
const longest = 64 * 1024
/** A line of a value of several lines that is as long counts for itself. In bytes. */
const shortestLine = 8
/** As many forms of one secret are looked for, the longest first. */
const mostForms = 500

/**
 * What a secret may look like in the output of a step: itself, its lines, and both as they are in URLs and in base64, also as
 * a part of something longer. Longest first.
 */
export function secretForms(secret: Uint8Array): readonly Buffer[] {
  if (secret.length > longest) return []
  const whole = trimmed(Buffer.from(secret))
  const lines = linesOf(whole)
  const forms = [whole, ...lines]
    .filter((value) => value.length >= shortest)
    .flatMap((value) => [value, ...coded(value)])
  const distinct = new Map(forms.map((form) => [form.toString('latin1'), form]))
  return [...distinct.values()].sort((a, b) => b.length - a.length).slice(0, mostForms)
}

/** A value that is shorter is not looked for in layers: a word may stand anywhere. In bytes. */
const shortestInLayer = 8
/** Of a longer value, so much of its beginning is looked for in layers; in base64, so much. In bytes. */
const [inLayer, inLayerCoded] = [64 * 1024, 1024]

/**
 * What of a secret no layer is to have: its value, also in base64, and that in lines. Not its own lines: most files of several have some that anybody
 * may see.
 */
export function layerForms(secret: Uint8Array): readonly Buffer[] {
  const whole = trimmed(Buffer.from(secret))
  if (whole.length < shortestInLayer) return []
  const begin = whole.subarray(0, inLayerCoded)
  const base64 = [0, 1, 2].flatMap((shift) => insideBase64(begin, shift))
  const folded = insideBase64(begin, 0).flatMap(inFoldedLines)
  return [whole.subarray(0, inLayer), ...[...new Set([...base64, ...folded])].map((form) => Buffer.from(form))]
}

/** Without the line feeds that files end with, and echo adds or not. */
function trimmed(value: Buffer): Buffer {
  return Buffer.from(value.toString('latin1').replace(/[\r\n]+$/, ''), 'latin1')
}

function linesOf(value: Buffer): readonly Buffer[] {
  const lines = value.toString('latin1').split(/\r?\n/)
  if (lines.length < 2) return []
  return lines.map((line) => Buffer.from(line, 'latin1')).filter((line) => line.length >= shortestLine)
}

function coded(value: Buffer): readonly Buffer[] {
  const [text, url] = [value.toString(), encodeURIComponent(value.toString().toWellFormed())]
  const base64 = [0, 1, 2].flatMap((shift) => insideBase64(value, shift))
  return [...(url === text ? [] : [url]), ...base64, ...foldedBase64(value)].map((form) => Buffer.from(form))
}

/** After so many letters programs fold base64. */
const foldWidths = [76, 64]

/** The lines of base64 where programs fold it. Nothing when it is no longer than a line. */
function foldedBase64(value: Buffer): readonly string[] {
  const letters = value.toString('base64')
  return foldWidths.flatMap((width) =>
    letters.length > width ? (letters.match(RegExp(`.{${width}}`, 'g')) ?? []) : [],
  )
}

/** All the letters, folded. A single line may be one that many files begin with, as keys do. */
function inFoldedLines(letters: string): readonly string[] {
  return foldWidths
    .filter((width) => letters.length > width)
    .map((width) => letters.replace(RegExp(`.{${width}}(?=.)`, 'g'), '$&\n'))
}

/** The letters that do not depend on what stands before and after, when `shift` bytes stand before: `user:` and the like. */
function insideBase64(value: Buffer, shift: number): readonly string[] {
  const letters = Buffer.concat([Buffer.alloc(shift), value])
    .toString('base64')
    .replace(/=+$/, '')
  const bits = (shift + value.length) * 8
  const inner = letters.slice(Math.ceil((shift * 8) / 6), Math.floor(bits / 6))
  return inner.length >= shortest ? [inner, inner.replaceAll('+', '-').replaceAll('/', '_')] : []
}
