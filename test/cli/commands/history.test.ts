import { describe, expect, test } from 'vitest'
import { type HistoryTextFlags, historyText } from '../../../src/cli/commands/history.ts'
import type { ImageHistory } from '../../../src/index.ts'

const now = Date.UTC(2026, 7, 2, 12, 0, 0)
const ago = (hours: number) => new Date(now - hours * 3_600_000).toISOString()
const id = `sha256:5a1f0c9d2e77${'0'.repeat(52)}`
const comment = 'buildkit.dockerfile.v0'

const image: ImageHistory = {
  compressed: false,
  rows: [
    { id, created: ago(2), createdBy: 'CMD ["node" "server.js"]', size: 0, comment },
    { created: ago(2), createdBy: 'COPY --chown=app . /srv # buildkit', size: 1_840_000, comment },
    { created: ago(2), createdBy: 'RUN |1 PORT=80 /bin/sh -c npm ci # buildkit', size: 61_200_000, comment },
    {
      created: ago(5 * 7 * 24),
      createdBy: '/bin/sh -c #(nop) ADD file:7f0e1c9b2d3a4b5c6d7e in / ',
      size: 74_800_000,
      comment: '',
    },
  ],
}

function text(flags: Partial<HistoryTextFlags> = {}, history = image): string {
  return `\n${historyText(history, { human: true, trunc: true, ...flags }, now)}`
}

describe('history', () => {
  test('is a table as docker has it', () => {
    expect(text()).toBe(`
IMAGE          CREATED       CREATED BY                                      SIZE      COMMENT
5a1f0c9d2e77   2 hours ago   CMD ["node" "server.js"]                        0B        buildkit.dockerfile.v0
<missing>      2 hours ago   COPY --chown=app . /srv # buildkit              1.84MB    buildkit.dockerfile.v0
<missing>      2 hours ago   RUN |1 PORT=80 /bin/sh -c npm ci # buildkit     61.2MB    buildkit.dockerfile.v0
<missing>      5 weeks ago   /bin/sh -c #(nop) ADD file:7f0e1c9b2d3a4b5c6…   74.8MB
`)
  })

  test('--no-trunc shows all, heredocs with their lines, tabs as blanks', () => {
    const rows = [{ id, created: ago(1), createdBy: 'RUN <<EOF\na\tb\nEOF', size: 0, comment: '' }]
    expect(text({ trunc: false }, { compressed: false, rows })).toBe(`
IMAGE                                                                     CREATED             CREATED BY   SIZE      COMMENT
${id}   About an hour ago   RUN <<EOF\na b\nEOF          0B
`)
  })

  test('--human=false has RFC 3339 and plain bytes', () => {
    const lines = text({ human: false }).split('\n')
    expect(lines[1]).toMatch(/^IMAGE +CREATED AT +CREATED BY +SIZE +COMMENT$/)
    expect(lines[3]).toMatch(/2026-08-02T\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d) +COPY .* 1840000 +buildkit/)
  })

  test('-q prints an id a row', () => {
    expect(text({ quiet: true })).toBe('\n5a1f0c9d2e77\n<missing>\n<missing>\n<missing>\n')
  })

  test('json is one object a line with sorted keys, all strings', () => {
    const [first = ''] = text({ format: 'json' }).trim().split('\n')
    expect(Object.keys(JSON.parse(first))).toEqual(['Comment', 'CreatedAt', 'CreatedBy', 'CreatedSince', 'ID', 'Size'])
    expect(JSON.parse(first)).toMatchObject({ ID: '5a1f0c9d2e77', Size: '0B', CreatedSince: '2 hours ago' })
  })

  test('a template prints a line a row, after "table " with headings', () => {
    expect(text({ format: '{{.CreatedBy}}' }).split('\n')[1]).toBe('CMD ["node" "server.js"]')
    expect(text({ format: 'table {{.ID}}\\t{{.Size}}' })).toBe(`
IMAGE          SIZE
5a1f0c9d2e77   0B
<missing>      1.84MB
<missing>      61.2MB
<missing>      74.8MB
`)
  })

  test('sizes of an image that was not downloaded are marked', () => {
    const lines = text({}, { ...image, compressed: true })
      .trimEnd()
      .split('\n')
    expect(lines[1]).toContain('  SIZE*  ')
    expect(lines.at(-1)).toBe('* compressed')
  })

  test('H06: control characters of an image do nothing, in any form', () => {
    const rows = [{ id, createdBy: 'RUN \x1b[2J\u202ex', size: 0, comment: '\x1b]0;t\x07' }]
    const hostile = { compressed: false, rows }
    for (const format of [undefined, 'json', '{{.CreatedBy}} {{.Comment}}', 'table {{.Comment}}', '{{json .}}']) {
      expect(text(format === undefined ? {} : { format }, hostile)).not.toMatch(/[\x1b\x07\u202e]/)
    }
  })
})
