import { visible } from '../text/index.ts'
import { parseTemplate } from './template/index.ts'
import { jsonText } from './text/json.ts'
import { table } from './text/table.ts'

/** What a list shows: values by the names that `--format` knows, and the heading of each. */
export interface Listing<K extends string> {
  readonly headings: { readonly [N in K]: string }
  /** The columns of the table when nothing is asked for. */
  readonly columns: readonly K[]
  readonly rows: readonly { readonly [N in K]: unknown }[]
}

/** The text of a list in the form that `--format` asks for: a table, an object a line, or a Go template a row. */
export function listingText<K extends string>(listing: Listing<K>, format = 'table'): string {
  const { headings, columns, rows } = listing
  if (format === 'json') return rows.map((row) => `${jsonText(sorted(row))}\n`).join('')
  if (format === 'table') return table([headings, ...rows].map((row) => columns.map((name) => cell(String(row[name])))))
  const template = parseTemplate(format.replace(/^table\s+/, ''))
  if (format.startsWith('table ')) {
    return table([headings, ...rows].map((row) => template.render(row).split('\t').map(cell)))
  }
  return rows.map((row) => `${visible(template.render(row))}\n`).join('')
}

/** A line of a heredoc goes on in the next line of the table, as it is stored. */
function cell(text: string): string {
  return visible(text.replaceAll('\t', ' '))
}

function sorted(row: object): object {
  return Object.fromEntries(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)))
}
