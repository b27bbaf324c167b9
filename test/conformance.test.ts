import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { conformancePath, hasConformance, skipReason } from './support/conformance.ts'

/** Who runs what of the conformance data: a table or file of it by the test, below `test/`, that goes through its rows. */
const runners: Readonly<Record<string, string | Readonly<Record<string, string>>>> = {
  'convert.json': {
    dockerfiles: 'planner/images.test.ts',
    errorLines: 'bad-input/error-lines.test.ts',
    expose: 'planner/ports.test.ts',
    exposeMore: 'planner/ports.test.ts',
    workdir: 'planner/instructions/workdir.test.ts',
    addEnv: 'planner/environment.test.ts',
    keyValue: 'planner/environment.test.ts',
    envMap: 'planner/environment.test.ts',
    proxy: 'planner/proxy.test.ts',
    healthcheckHistory: 'planner/instructions/healthcheck.test.ts',
    platforms: 'planner/platforms.test.ts',
    exportPlatform: 'planner/platforms.test.ts',
    sourceDateEpoch: 'planner/epoch.test.ts',
    images: 'planner/images.test.ts',
  },
  'directives.json': {
    parseAll: 'parser/directives.test.ts',
    detectSyntax: 'parser/directives.test.ts',
    parseDirective: 'parser/directives.test.ts',
  },
  'dockerignore.json': {
    read: 'context/ignore-file.test.ts',
    readMore: 'context/ignore-file.test.ts',
    single: 'tree/pattern-list.test.ts',
    multi: 'tree/pattern-list.test.ts',
    simple: 'tree/pattern-list.test.ts',
    legacyMatch: 'tree/pattern-list.test.ts',
    more: 'tree/pattern-list.test.ts',
    clean: 'tree/pattern-list.test.ts',
    malformed: 'tree/pattern-list.test.ts',
    compile: 'tree/path-pattern.test.ts',
    context: 'context/open-context.test.ts',
    walk: 'context/open-context.test.ts',
  },
  'exec-form-json.json': { array: 'parser/exec-form.test.ts', fallback: 'parser/exec-form.test.ts' },
  'filepath-match.json': { match: 'tree/match-name.test.ts', more: 'tree/match-name.test.ts' },
  'git-url.json': {
    parseRef: 'planner/remote/git-reference.test.ts',
    fragment: 'planner/remote/git-reference.test.ts',
    fragmentWithSubdir: 'planner/remote/git-reference.test.ts',
    url: 'planner/remote/git-reference.test.ts',
    scp: 'planner/remote/git-reference.test.ts',
    implicitSsh: 'planner/remote/git-reference.test.ts',
    commitId: 'planner/remote/git-reference.test.ts',
    more: 'planner/remote/git-reference.test.ts',
  },
  'instructions.json': {
    fixedErrors: 'parser/instructions.test.ts',
    nodeErrors: 'parser/instructions.test.ts',
    errors: 'parser/instructions.test.ts',
    noCrash: 'parser/instructions.test.ts',
    extra: 'parser/instructions.test.ts',
    healthcheck: 'parser/instructions/healthcheck.test.ts',
    interval: 'parser/instructions/healthcheck.test.ts',
    docComments: 'planner/outline/description.test.ts',
    flagsUsed: 'parser/instructions/run-flags.test.ts',
    runDevice: 'parser/instructions/run-flags.test.ts',
    copyHeredoc: 'parser/sources.test.ts',
    runHeredoc: 'parser/command.test.ts',
    jsonArgs: 'parser/command.test.ts',
    flags: 'parser/flags.test.ts',
    mount: 'planner/mounts/spec.test.ts',
  },
  'line-parsers.json': {
    nameVal: 'parser/lines.test.ts',
    words: 'parser/lines.test.ts',
    lines: 'parser/lines.test.ts',
    warnings: 'parser/lines.test.ts',
    lineTooLong: 'parser/lines.test.ts',
  },
  'lint-rules.json': { rules: 'planner/checks/rules.test.ts', checkOptions: 'planner/checks/rules.test.ts' },
  'lint.json': { lint: 'planner/checks/conformance.test.ts', more: 'planner/checks/conformance.test.ts' },
  'parser-heredoc.json': {
    extract: 'parser/heredoc.test.ts',
    word: 'parser/heredoc.test.ts',
    line: 'parser/heredoc.test.ts',
    chomp: 'parser/heredoc.test.ts',
  },
  'parser-negative.json': { files: 'parser/conformance.test.ts' },
  'parser-nodes.json': { files: 'parser/conformance.test.ts' },
  'reference.json': {
    normalizeValid: 'image/reference-names.test.ts',
    normalize: 'image/reference-names.test.ts',
    normalizeSplit: 'image/reference-names.test.ts',
    tagAndDigest: 'image/reference-names.test.ts',
    dockerRef: 'image/reference-names.test.ts',
    any: 'image/reference-names.test.ts',
    match: 'image/reference-names.test.ts',
    sort: 'image/reference-names.test.ts',
    more: 'image/reference-names.test.ts',
    parse: 'image/reference-grammar.test.ts',
    parseNamed: 'image/reference-grammar.test.ts',
    nameErrors: 'image/reference-grammar.test.ts',
    nameSplit: 'image/reference-grammar.test.ts',
    withTag: 'image/reference-grammar.test.ts',
    withDigest: 'image/reference-grammar.test.ts',
    invalidParts: 'image/reference-grammar.test.ts',
    serialize: 'image/reference-grammar.test.ts',
    domainRegexp: 'image/reference-grammar.test.ts',
    nameRegexp: 'image/reference-grammar.test.ts',
    referenceRegexp: 'image/reference-grammar.test.ts',
    identifierRegexp: 'image/reference-grammar.test.ts',
  },
  'shell/lex.json': {
    processWithMatches: 'planner/words/conformance.test.ts',
    platform: 'planner/words/conformance.test.ts',
    mandatory: 'planner/words/conformance.test.ts',
    getEnv: 'planner/words/conformance.test.ts',
    wordsRaw: 'planner/words/conformance.test.ts',
    edge: 'planner/words/conformance.test.ts',
    splitDefect: 'planner/words/conformance.test.ts',
    patternToRegex: 'planner/words/pattern.test.ts',
    reverse: 'planner/words/pattern.test.ts',
  },
  'oci-schema/documents.json': {
    documents: 'image/documents.test.ts',
    docker: 'image/documents.test.ts',
    examples: 'image/documents.test.ts',
  },
  'oci-schema/media-types.json': {
    mediaTypes: 'image/media-types.test.ts',
    dockerEquivalents: 'image/media-types.test.ts',
    annotations: 'image/media-types.test.ts',
  },
  'oci-schema/image-index-schema.json': 'image/oci-schema.test.ts',
  'oci-schema/image-manifest-schema.json': 'image/oci-schema.test.ts',
  'oci-schema/image-layout-schema.json': 'image/oci-schema.test.ts',
  'oci-schema/config-schema.json': 'image/oci-schema.test.ts',
  'oci-schema/content-descriptor.json': 'image/oci-schema.test.ts',
  'shell/envVarTest': 'planner/words/conformance.test.ts',
  'shell/wordsTest': 'planner/words/conformance.test.ts',
  parser: 'parser/conformance.test.ts',
  'parser-negative': 'parser/conformance.test.ts',
  'parser-lines': 'parser/lines.test.ts',
  golden: 'planner/golden.test.ts',
}

/** What has no rows: words about the data, what schemas are made of, and the folders whose files are listed one by one. */
const passedOver = new Set([
  'README.md',
  'oci-schema',
  'oci-schema/defs.json',
  'oci-schema/defs-descriptor.json',
  'shell',
])

describe.skipIf(!hasConformance)(`the conformance data (${hasConformance ? 'all of it' : skipReason})`, () => {
  const files = hasConformance
    ? ['', 'oci-schema', 'shell'].flatMap(entriesOf).filter((name) => !passedOver.has(name))
    : []

  test.each(files)('%s has a test for each table', (file) => {
    const runner = runners[file]
    expect(Object.keys(typeof runner === 'object' ? runner : {}).sort()).toEqual(tablesOf(file))
    if (typeof runner !== 'object') expect(runner, 'a test below test/').toBeTypeOf('string')
  })

  test('has all that is named here', () => {
    expect(Object.keys(runners).filter((file) => !files.includes(file))).toEqual([])
  })

  const named = Object.entries(runners).flatMap(([file, runner]) =>
    typeof runner === 'string' ? [[file, '', runner]] : Object.entries(runner).map(([table, by]) => [file, table, by]),
  )
  test.each(named)('%s %s is run by %s', (file = '', table = '', by = '') => {
    const text = readFileSync(resolve(import.meta.dirname, by), 'utf8')
    expect(text).toContain(table === '' ? folderWord(file) : basename(file))
    if (table === '') return
    expect(text).toMatch(new RegExp(`['"]${table}['"]|\\b${table}:`))
    expect(text, 'fails on a field that nobody looks at').toContain('conformanceTable')
  })
})

function entriesOf(folder: string): readonly string[] {
  return readdirSync(conformancePath(folder)).map((name) => (folder === '' ? name : `${folder}/${name}`))
}

/** The names of the tables of a file; none when it is a folder or has another form. */
function tablesOf(file: string): readonly string[] {
  if (!file.endsWith('.json') || !existsSync(conformancePath(file))) return []
  const document = JSON.parse(readFileSync(conformancePath(file), 'utf8')) as { readonly tables?: object }
  return Object.keys(document.tables ?? {}).sort()
}

/** How a test names a folder or a file without tables. */
function folderWord(file: string): string {
  return file === 'parser-lines' ? 'line-parsers.json' : basename(file)
}
