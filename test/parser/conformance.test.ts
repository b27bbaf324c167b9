import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { TsbuildError } from '../../src/errors.ts'
import { detectSyntax, readDirectives, syntaxImage } from '../../src/parser/directives.ts'
import { chompTabs, readHeredocWord } from '../../src/parser/heredoc.ts'
import { parse } from '../../src/parser/index.ts'
import { placesIn } from '../../src/parser/places.ts'
import { quotedWords } from '../../src/parser/words.ts'
import { conformanceCases, conformancePath, hasConformance, skipReason } from '../support/conformance.ts'
import { dump, scanText, type TreeNode, treeNode } from './tree.ts'

const folders = (name: string) => (hasConformance ? readdirSync(conformancePath(name)) : [])
const fileText = (name: string) => readFileSync(conformancePath(name), 'utf8')

/** The message that a call ends in. */
function messageOf(run: () => unknown): string | undefined {
  try {
    run()
    return undefined
  } catch (error) {
    if (error instanceof TsbuildError) return error.message
    throw error
  }
}

function nodesOf(text: string): readonly TreeNode[] {
  return scanText(text).statements.map(treeNode)
}

describe.skipIf(!hasConformance)(`BuildKit's parser tables (${hasConformance ? 'conformance' : skipReason})`, () => {
  test.each(folders('parser'))('parser/%s', (name) => {
    const dumped = nodesOf(fileText(`parser/${name}/Dockerfile`)).map(dump)
    expect(`${dumped.join('\n')}\n`).toBe(fileText(`parser/${name}/result`))
  })

  interface FileRow {
    readonly case: string
    readonly escape: string
    readonly start: number
    readonly end: number
    readonly warnings: readonly { readonly line: number; readonly short: string }[]
    readonly instructions: readonly NodeRow[]
  }
  interface NodeRow {
    readonly value: string
    readonly start: number
    readonly end: number
    readonly original: string
    readonly args: readonly (string | { args: string[]; flags: string[]; json: boolean; value: string })[]
    readonly json?: boolean
    readonly flags?: readonly string[]
    readonly comments?: readonly string[]
  }
  test.each(conformanceCases<FileRow>('parser-nodes.json', 'files'))('parser-nodes $case', (row) => {
    const scanned = scanText(fileText(`parser/${row.case}/Dockerfile`))
    expect(scanned.escape).toBe(row.escape)
    expect(scanned.warnings.map(({ message, at }) => [at.end.line + 1, message])).toEqual(
      row.warnings.map(({ line, short }) => [line, short]),
    )
    const nodes = scanned.statements.map((statement) => {
      const node = treeNode(statement)
      return {
        value: node.keyword,
        start: statement.at.start.line + 1,
        end: statement.at.end.line + 1,
        original: statement.text,
        args: node.args.map((arg) =>
          typeof arg === 'string' ? arg : { ...arg, value: arg.keyword, keyword: undefined },
        ),
        json: node.json,
        flags: node.flags,
        comments: statement.comments,
      }
    })
    const expected = row.instructions.map((node) => ({ json: false, flags: [], comments: [], ...node }))
    expect(nodes).toEqual(expected)
  })

  test.each(conformanceCases<{ case: string; error: string }>('parser-negative.json', 'files'))(
    'parser-negative $case',
    (row) => {
      const source = { name: 'Dockerfile', text: fileText(`parser-negative/${row.case}/Dockerfile`) }
      expect(messageOf(() => parse(source))).toContain(row.error)
    },
  )
})

describe.skipIf(!hasConformance)("BuildKit's directive tables", () => {
  interface DirectiveRow {
    readonly text: string
    readonly key: string
    readonly found: boolean
    readonly directives: readonly { readonly name: string; readonly value: string }[]
    readonly observed: { readonly cmdline: string; readonly ref: string; readonly line?: number }
  }
  const directives = (text: string) => readDirectives(text, placesIn({ name: 'Dockerfile', text }))
  const lineOf = (text: string, offset: number) => text.slice(0, offset).split('\n').length
  const cases = (name: string) => conformanceCases<DirectiveRow>('directives.json', name)

  test.each(cases('parseAll'))('parseAll $text', ({ text, directives: expected }) => {
    expect(directives(text).map(({ name, value }) => ({ name, value }))).toEqual(expected)
  })

  test.each(cases('detectSyntax'))('detectSyntax $text', ({ text, found, observed }) => {
    const syntax = detectSyntax(text)
    expect(syntax !== undefined).toBe(found)
    expect(syntax?.value ?? '').toBe(observed.cmdline)
    expect(syntaxImage(syntax?.value ?? '')).toBe(observed.ref)
    // BuildKit says line 0 for the JSON form.
    if (syntax && observed.line !== 0) expect(lineOf(text, syntax.range.start)).toBe(observed.line)
  })

  test.each(cases('parseDirective'))('parseDirective $key $text', ({ text, key, found, observed }) => {
    const directive = directives(text).find(({ name }) => name === key)
    expect(directive !== undefined).toBe(found)
    expect(directive?.value ?? '').toBe(observed.cmdline)
    if (directive) expect(lineOf(text, directive.start)).toBe(observed.line)
  })
})

describe.skipIf(!hasConformance)("BuildKit's tables of exec forms and words", () => {
  interface FormRow {
    readonly instruction: string
    readonly text: string
    readonly form: 'exec' | 'shell' | 'error'
    readonly valid: boolean
    readonly words: readonly string[]
    readonly error: string
  }
  test.each(conformanceCases<FormRow>('exec-form-json.json', 'array'))('array $text', (row) => {
    const run = () => nodesOf(`CMD ${row.text}`)[0]
    if (row.valid) expect(run()).toMatchObject({ json: true, args: row.words })
    else expect(messageOf(run)).toBe(row.error)
  })

  test.each(conformanceCases<FormRow>('exec-form-json.json', 'fallback'))('fallback $instruction $text', (row) => {
    const run = () => nodesOf(`${row.instruction} ${row.text}`)[0]
    if (row.form === 'error') expect(messageOf(run)).toBe(row.error)
    else expect(run()).toMatchObject({ json: row.form === 'exec', args: row.words })
  })

  interface LineRow {
    readonly key: string
    readonly text: string
    readonly nodes: readonly string[]
    readonly words: readonly string[]
    readonly error?: string
  }
  const lines = (name: string) => conformanceCases<LineRow>('line-parsers.json', name)
  test.each(lines('nameVal'))('nameVal $key $text', ({ key, text, nodes, error }) => {
    const run = () => nodesOf(`${key} ${text}`)[0]?.args
    if (error) expect(messageOf(run)).toBe(error)
    else expect(run()).toEqual(nodes)
  })

  test.each(lines('words'))('words $text', ({ text, words }) => {
    const found = quotedWords({ text, start: 0, end: text.length }, '\\')
    expect(found.map((word) => word.text)).toEqual(words)
  })

  interface SpanRow {
    readonly file: string
    readonly children: readonly (readonly [number, number])[]
  }
  test.each(conformanceCases<SpanRow>('line-parsers.json', 'lines'))('lines $file', ({ file, children }) => {
    const { statements } = scanText(fileText(file))
    expect(statements.map(({ at }) => [at.start.line + 1, at.end.line + 1])).toEqual(children)
  })

  interface WarningRow {
    readonly dockerfile: string
    readonly warnings: readonly (readonly string[])[]
  }
  test.each(conformanceCases<WarningRow>('line-parsers.json', 'warnings'))('warnings', ({ dockerfile, warnings }) => {
    const found = scanText(dockerfile).warnings
    expect(found).toHaveLength(warnings.length)
    warnings.forEach((parts, i) => {
      for (const part of parts) expect(found[i]?.message).toContain(part)
    })
  })

  interface LongRow {
    readonly before: string
    readonly char: string
    readonly times: number
    readonly after: string
  }
  // Lines longer than 65,535 bytes are refused by BuildKit; here they are read (the whole file is bounded instead).
  test.each(conformanceCases<LongRow>('line-parsers.json', 'lineTooLong'))(
    'lineTooLong: a line of $times characters is read',
    ({ before, char, times, after }) => {
      const source = { name: 'Dockerfile', text: before + char.repeat(times) + after }
      expect(messageOf(() => parse(source))).toBeUndefined()
    },
  )
})

describe.skipIf(!hasConformance)("BuildKit's heredoc tables", () => {
  interface HeredocRow {
    readonly name: string
    readonly content: string
    readonly expand: boolean
    readonly chomp: boolean
    readonly fd: number
  }
  interface ExtractRow {
    readonly dockerfile: string
    readonly child: number
    readonly heredocs: readonly HeredocRow[]
    readonly observedOriginal: string
  }
  const dockerfiles = hasConformance
    ? (JSON.parse(fileText('parser-heredoc.json')) as { readonly dockerfiles: Record<string, string> }).dockerfiles
    : {}
  test.each(conformanceCases<ExtractRow>('parser-heredoc.json', 'extract'))('extract $dockerfile $child', (row) => {
    const statement = scanText(dockerfiles[row.dockerfile] ?? '').statements[row.child]
    expect(statement?.text).toBe(row.observedOriginal)
    const found = statement?.heredocs.map(({ raw, word: _, ...heredoc }) => ({ ...heredoc, content: raw }))
    expect(found).toEqual(row.heredocs)
  })

  interface WordRow {
    readonly name: string
    readonly word: string
    readonly kind: 'heredoc' | 'none' | 'error'
    readonly observed: Omit<HeredocRow, 'content'> & { readonly error: string }
  }
  test.each(conformanceCases<WordRow>('parser-heredoc.json', 'word'))(
    'word $word',
    ({ name, word, kind, observed }) => {
      if (kind === 'error') expect(messageOf(() => readHeredocWord(word))).toBe(observed.error)
      else expect(readHeredocWord(word)).toEqual(kind === 'none' ? undefined : { ...observed, name })
    },
  )

  interface HeredocLineRow {
    readonly line: string
    readonly names: readonly string[]
  }
  test.each(conformanceCases<HeredocLineRow>('parser-heredoc.json', 'line'))('line $line', ({ line, names }) => {
    const bodies = names.map((name) => `${name}\n`).join('')
    const found = scanText(`${line}\n${bodies}`).statements[0]?.heredocs
    expect(found?.map(({ name }) => name)).toEqual(names)
  })

  test.each(conformanceCases<{ content: string; chomped: string }>('parser-heredoc.json', 'chomp'))(
    'chomp $content',
    ({ content, chomped }) => expect(chompTabs(content)).toBe(chomped),
  )
})

describe.skipIf(!hasConformance)('the Dockerfiles of the golden builds', () => {
  interface GoldenCase {
    readonly name: string
    readonly dockerfile: string
    readonly expect: 'success' | 'failure'
    readonly errorContains?: string
  }
  const golden = folders('golden')
    .map((name) => `golden/${name}`)
    .filter((name) => existsSync(conformancePath(`${name}/case.json`)))
    .map((name) => ({ folder: name, ...(JSON.parse(fileText(`${name}/case.json`)) as GoldenCase) }))
    .filter(({ folder, dockerfile }) => existsSync(conformancePath(`${folder}/context/${dockerfile}`)))
  const read = ({ folder, dockerfile }: (typeof golden)[number]) =>
    messageOf(() => parse({ name: dockerfile, text: fileText(`${folder}/context/${dockerfile}`) }))

  test.each(golden.filter((row) => row.expect === 'success'))('$name is read', (row) => {
    expect(read(row)).toBeUndefined()
  })

  test.each(golden.filter((row) => row.expect === 'failure'))('$name is refused in known words, if at all', (row) => {
    expect(read(row) ?? row.errorContains).toContain(row.errorContains)
  })
})
