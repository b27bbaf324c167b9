import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { readIgnoreFile } from '../../../src/context/index.ts'
import { TsbuildError } from '../../../src/errors.ts'
import type { Warning } from '../../../src/graph/index.ts'
import { type ImageConfig, parsePlatform } from '../../../src/image/index.ts'
import { parsePartly } from '../../../src/parser/index.ts'
import { createChecks } from '../../../src/planner/checks/checks.ts'
import { checkText } from '../../../src/planner/checks/file-checks.ts'
import { checkOptions } from '../../../src/planner/checks/options.ts'
import { isOwnRule } from '../../../src/planner/checks/rules.ts'
import { check, type PlanRequest } from '../../../src/planner/index.ts'
import { planStages } from '../../../src/planner/plan-stages.ts'
import { noTimes } from '../../../src/planner/request.ts'
import type { SourceFile } from '../../../src/source.ts'
import { conformancePath, hasConformance } from '../../support/conformance.ts'
import { conformanceTable } from '../../support/conformance-table.ts'
import { imageConfig, planRequest, stubBases } from '../../support/planning.ts'

interface ExpectedWarning {
  readonly rule: string
  readonly line: number
  readonly detail: string
  readonly level?: number
  readonly description?: string
  readonly url?: string
}

interface ExpectedError {
  readonly message?: string
  readonly messageOneOf?: readonly string[]
  readonly lines?: readonly number[]
  readonly onlyInBuild?: boolean
}

interface Row {
  readonly name?: string
  readonly dockerfile: string
  readonly dockerignore?: string
  readonly buildArgs?: Readonly<Record<string, string>>
  readonly target?: string
  readonly platform?: string
  readonly pulls?: readonly string[]
  readonly setup?: string
  readonly checkDirective?: string
  readonly warnings: readonly ExpectedWarning[]
  readonly checkWarnings?: readonly ExpectedWarning[]
  readonly observedCheckLines?: readonly number[]
  readonly error?: ExpectedError
  readonly observedErrorLine?: readonly number[]
}

/** `pulls`, `setup` and `checkDirective` say in other words what the other fields do. */
const fields = [
  ...(['name', 'dockerfile', 'dockerignore', 'buildArgs', 'target', 'platform', 'pulls', 'setup'] as const),
  ...(['checkDirective', 'warnings', 'checkWarnings', 'observedCheckLines', 'error', 'observedErrorLine'] as const),
]

const images = hasConformance ? baseImages() : {}

conformanceTable<Row>('lint.json', 'lint', fields, expectRow)
conformanceTable<Row>('lint.json', 'more', fields, expectRow, {
  18: 'of two check directives the second one is blamed',
})

async function expectRow(written: Row): Promise<void> {
  for (const row of filledIn(written)) {
    const error = row.error?.onlyInBuild ? undefined : row.error
    expectResult(await build(row), row.warnings, error, row)
    const report = await check(sourceOf(row), requestOf(row), stubBases(imagesOf(row)))
    const warnings = (row.checkWarnings ?? row.warnings).map((warning, i) => ({
      ...warning,
      line: row.observedCheckLines?.[i] ?? warning.line,
    }))
    expectResult(report, warnings, error, row)
  }
}

interface Result {
  readonly warnings: readonly Warning[]
  readonly error?: TsbuildError
}

/** What a build finds, also when it fails. */
async function build(row: Row): Promise<Result> {
  const request = requestOf(row)
  let checks = createChecks({ skip: [], experimental: [], errorOnWarning: false })
  try {
    const { dockerfile, error } = parsePartly(sourceOf(row))
    checks = createChecks(checkOptions(dockerfile, request))
    checkText(dockerfile, request, checks)
    if (error) throw error
    await planStages(dockerfile, request, { bases: stubBases(imagesOf(row)), times: noTimes }, checks, 'needed')
    const failure = checks.failure()
    return { warnings: checks.warnings(), ...(failure && { error: failure }) }
  } catch (error) {
    if (!(error instanceof TsbuildError)) throw error
    return { warnings: checks.warnings(), error }
  }
}

function expectResult(
  { warnings, error }: Result,
  wanted: readonly ExpectedWarning[],
  wantedError: ExpectedError | undefined,
  row: Row,
): void {
  const found = warnings.filter(({ rule }) => !isOwnRule(rule)).map(shownAs(wanted[0]))
  expect(found.sort(byLine)).toEqual([...wanted].sort(byLine))
  if (!wantedError) {
    expect(error).toBeUndefined()
    return
  }
  const messages = wantedError.messageOneOf ?? [wantedError.message ?? '']
  const said = bare(error?.message ?? '')
  expect(messages.map(bare), said).toContainEqual(said)
  const [line] = wantedError.lines ?? row.observedErrorLine ?? []
  if (line !== undefined) expect((error?.at?.start.line ?? -1) + 1).toBe(line)
}

/** With the fields that the expected warnings have. */
function shownAs(example: ExpectedWarning | undefined) {
  return ({ rule, message, at, description, url }: Warning): ExpectedWarning => ({
    rule,
    line: (at?.start.line ?? -1) + 1,
    detail: message,
    ...(example?.level !== undefined && { level: 1, description: description ?? '', url: url ?? '' }),
  })
}

function byLine(a: ExpectedWarning, b: ExpectedWarning): number {
  return a.line - b.line || (a.detail < b.detail ? -1 : 1)
}

/** Without the hint, which is a field of its own here, and without the class of errors in containerd. */
function bare(message: string): string {
  return message.replace(/ \(did you mean .*\)$/, '').replace(/: invalid argument$/, '')
}

function sourceOf({ dockerfile }: Row): SourceFile {
  return { name: 'Dockerfile', text: dockerfile }
}

function requestOf(row: Row): PlanRequest {
  const source = { name: '.dockerignore', text: row.dockerignore ?? '' }
  return planRequest({
    buildArgs: new Map(Object.entries(row.buildArgs ?? {})),
    ...(row.target !== undefined && { target: row.target }),
    ...(row.platform !== undefined && { platform: parsePlatform(row.platform, planRequest().buildPlatform) }),
    ignorePatterns: async () => readIgnoreFile(source).map(({ pattern }) => pattern),
  })
}

/** `{{image}}` is one for another platform; both ways round. */
function filledIn(row: Row): readonly Row[] {
  if (!row.dockerfile.includes('{{')) return [row]
  return [
    ['linux/amd64', 'linux/arm64'],
    ['linux/arm64', 'linux/amd64'],
  ].map(([image = '', wanted = '']) => {
    const text = JSON.stringify(row)
      .replaceAll('{{image}}', `mismatch-${image.replace('/', '-')}`)
      .replaceAll('{{imagePlatform}}', image)
      .replaceAll('{{buildPlatform}}', wanted)
    return JSON.parse(text) as Row
  })
}

function imagesOf({ dockerfile }: Row): Readonly<Record<string, ImageConfig>> {
  const other = /mismatch-linux-(\w+)/.exec(dockerfile)
  return other ? { ...images, [other[0]]: { ...imageConfig(), architecture: other[1] ?? '' } } : images
}

function baseImages(): Readonly<Record<string, ImageConfig>> {
  const document = JSON.parse(readFileSync(conformancePath('lint.json'), 'utf8')) as {
    readonly baseImages: Readonly<Record<string, ImageConfig>>
  }
  const named = Object.entries(document.baseImages).map(([name, config]) => [/([^/]*):latest$/.exec(name)?.[1], config])
  const pulled = ['alpine', 'busybox', 'busybox:stable-musl'].map((name) => [name, imageConfig()])
  return Object.fromEntries([...named, ...pulled])
}
