import { evaluate } from './evaluate.ts'
import { parse } from './parse.ts'

/** A Go template that has been read. */
export interface Template {
  /** @throws {FlagError} for a field that `data` does not have */
  render(data: unknown): string
}

/**
 * Reads a Go template as `--format` takes it: fields, pipelines, literals, `if`, `range`, `with`, the functions of
 * docker's formats. `\t` and `\n` written as two characters in its text are a tab and a line feed.
 * @throws {FlagError} for one that cannot be read
 * @see https://pkg.go.dev/text/template
 */
export function parseTemplate(text: string): Template {
  const nodes = parse(text.replaceAll('\\t', '\t').replaceAll('\\n', '\n'))
  return { render: (data) => evaluate(nodes, data, data) }
}
