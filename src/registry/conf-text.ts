import { TsbuildError } from '../errors.ts'

export type ConfValue = string | boolean

/** A table of a file in TOML: `[[registry]]`, with what is text, true or false in it. Other values are passed over. */
export interface ConfTable {
  /** `registry.mirror`; `''` for what stands before the first one. */
  readonly name: string
  /** Where it begins, from 1. */
  readonly line: number
  readonly values: ReadonlyMap<string, ConfValue>
}

/**
 * Reads as much of TOML as `registries.conf` is written in: a key a line, and lists over several of them.
 * @throws {TsbuildError} TSB_REGISTRIES_CONF for a line that is nothing of that
 */
export function readConf(text: string, file: string): readonly ConfTable[] {
  let values = new Map<string, ConfValue>()
  const tables: ConfTable[] = [{ name: '', line: 1, values }]
  let depth = 0
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = withoutComment(raw).trim()
    if (depth > 0 || line === '') {
      depth += bracketsOf(line)
      continue
    }
    const [, table] = /^\[\[?\s*([\w.-]+)\s*\]\]?$/.exec(line) ?? []
    if (table !== undefined) {
      values = new Map()
      tables.push({ name: table, line: index + 1, values })
      continue
    }
    const [, key, value = ''] = /^("[^"]*"|'[^']*'|[\w.-]+)\s*=\s*(.+)$/.exec(line) ?? []
    if (key === undefined) throw notRead(file, index + 1)
    const known = parsedValue(value)
    if (known !== undefined) values.set(key.replace(/^(["'])(.*)\1$/, '$2'), known)
    else if (/^[[{]/.test(value)) depth = bracketsOf(value)
    else if (!/^[\d+-]/.test(value)) throw notRead(file, index + 1)
  }
  return tables
}

/** A `#` in a text is none. */
function withoutComment(line: string): string {
  return /^(?:[^#"']|"(?:[^"\\]|\\.)*"|'[^']*')*/.exec(line)?.[0] ?? line
}

function bracketsOf(text: string): number {
  const bare = text.replace(/"(?:[^"\\]|\\.)*"|'[^']*'/g, '')
  return (bare.match(/\[/g)?.length ?? 0) - (bare.match(/\]/g)?.length ?? 0)
}

function parsedValue(text: string): ConfValue | undefined {
  if (text === 'true' || text === 'false') return text === 'true'
  const [, plain] = /^'([^']*)'$/.exec(text) ?? []
  if (plain !== undefined) return plain
  return /^"(?:[^"\\]|\\["\\])*"$/.test(text) ? text.slice(1, -1).replace(/\\(["\\])/g, '$1') : undefined
}

function notRead(file: string, line: number): TsbuildError {
  return new TsbuildError('TSB_REGISTRIES_CONF', `${file}:${line}: neither [table] nor key = value`, {
    hint: 'podman and skopeo read this file too: man containers-registries.conf',
  })
}
