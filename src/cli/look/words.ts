import type { FileFacts, LayerFacts } from '../../index.ts'
import { visible } from '../../text/index.ts'

/** A text of an image in one line, harmless: a line feed in a file name makes no row of its own. */
export function inline(text: string): string {
  return visible(text).replace(/[\t\n]/g, (character) => (character === '\t' ? '<U+0009>' : '<U+000A>'))
}

/** An instruction in one line, without what every one of its kind has. */
export function instruction(createdBy: string): string {
  const text = createdBy
    .replace(/^\/bin\/sh -c #\(nop\)\s+/, '')
    .replace(/^(RUN )?(?:\|\d+ .*?)?\/bin\/sh -c /, 'RUN ')
    .replace(/ # buildkit$/, '')
  return visible(text.replace(/\s+/g, ' ').trim()) || '(no instruction)'
}

/** `layer 3  RUN npm ci`, as people count. */
export function layerName({ index, createdBy }: Pick<LayerFacts, 'index' | 'createdBy'>): string {
  return `layer ${index + 1}  ${instruction(createdBy)}`
}

const letters: Readonly<Record<FileFacts['kind'], string>> = {
  file: '-',
  hardlink: '-',
  directory: 'd',
  symlink: 'l',
  character: 'c',
  block: 'b',
  fifo: 'p',
}

/** `-rwsr-xr-x`, as `ls -l` has it. */
export function modeText({ kind, mode }: Pick<FileFacts, 'kind' | 'mode'>): string {
  const bits = [0o400, 0o200, 0o100, 0o40, 0o20, 0o10, 0o4, 0o2, 0o1].map((bit, i) =>
    mode & bit ? ('rwx'[i % 3] ?? '') : '-',
  )
  const special = (at: number, bit: number, on: string, off: string) => {
    if (mode & bit) bits[at] = bits[at] === 'x' ? on : off
  }
  special(2, 0o4000, 's', 'S')
  special(5, 0o2000, 's', 'S')
  special(8, 0o1000, 't', 'T')
  return letters[kind] + bits.join('')
}
