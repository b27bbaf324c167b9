import { cut, ellipsis } from '../../text/index.ts'

/** A text in lines of a width, broken between words where it can be; of more than `most` the last one ends in `…`. */
export function wrapped(text: string, width: number, most: number): readonly string[] {
  const lines: string[] = []
  for (let rest = text; rest !== ''; ) {
    if (lines.length === most - 1) return [...lines, ellipsis(rest, width)]
    const line = upToBlank(cut(rest, width), rest)
    if (line === '') return lines
    lines.push(line)
    rest = rest.slice(line.length).trimStart()
  }
  return lines
}

function upToBlank(line: string, text: string): string {
  const blank = line.lastIndexOf(' ')
  return line.length === text.length || text[line.length] === ' ' || blank < line.length / 2
    ? line
    : line.slice(0, blank)
}
