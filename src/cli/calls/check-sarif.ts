import { createHash } from 'node:crypto'
import { relative, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { withHint } from '../../errors.ts'
import type { CheckResult, SourceRange, TsbuildError, Warning } from '../../index.ts'
import { rememberLines } from '../text/excerpt.ts'

/** What is told of: a warning, or the error that a build would end with. */
interface Finding {
  readonly id: string
  readonly level: 'warning' | 'error'
  readonly message: string
  readonly description: string
  readonly url?: string | undefined
  readonly at?: SourceRange | undefined
}

/**
 * A check as a SARIF 2.1.0 log, with all that GitHub code scanning asks for: a rule for each result, a place for each, in a
 * file named from `cwd` on, and a fingerprint that does not change when the line moves.
 * @see https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
 */
export function checkSarif(result: CheckResult, version: string, cwd: string): object {
  const { warnings, error, unreached } = result
  const findings = [...warnings.map(findingOf), ...(error ? [findingOfError(error)] : [])]
  const rules = [...new Map(findings.map((finding) => [finding.id, finding])).values()]
  const prints = fingerprints()
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'tsbuild', version, rules: rules.map(ruleOf) } },
        columnKind: 'utf16CodeUnits',
        invocations: [
          {
            executionSuccessful: true,
            toolExecutionNotifications: unreached.map(({ reference, error: { message } }) => ({
              level: 'warning',
              message: { text: `${reference} could not be looked at: ${message}` },
            })),
          },
        ],
        results: findings.map((finding) => ({
          ruleId: finding.id,
          ruleIndex: rules.findIndex(({ id }) => id === finding.id),
          level: finding.level,
          message: { text: finding.message },
          locations: [locationOf(finding.at, uriOf(result, cwd))],
          partialFingerprints: { primaryLocationLineHash: prints(finding) },
        })),
      },
    ],
  }
}

function findingOf({ rule, message, description = message, url, at }: Warning): Finding {
  return { id: rule, level: 'warning', message, description, url, at }
}

function findingOfError(error: TsbuildError): Finding {
  const { code, at } = error
  return { id: code, level: 'error', message: withHint(error), description: 'The Dockerfile cannot be built', at }
}

function ruleOf({ id, level, description, url }: Finding): object {
  return {
    id,
    shortDescription: { text: description },
    fullDescription: { text: description },
    help: { text: url === undefined ? description : `${description}: ${url}` },
    ...(url !== undefined && { helpUri: url }),
    defaultConfiguration: { level },
    properties: { tags: ['dockerfile'], 'problem.severity': level, precision: 'high' },
  }
}

/** What stands in no line is told of the first one: a consumer shows no result without a place. */
function locationOf(at: SourceRange | undefined, uri: string): object {
  const { start, end } = at ?? { start: { line: 0, column: 0 }, end: { line: 0, column: 0 } }
  const region = {
    startLine: start.line + 1,
    startColumn: start.column + 1,
    endLine: end.line + 1,
    endColumn: end.column + 1,
  }
  return { physicalLocation: { artifactLocation: { uri }, region } }
}

/** From the working directory on, which is the root of the sources for whoever reads the log; else absolute. */
function uriOf({ path, dockerfile }: CheckResult, cwd: string): string {
  const from = path === undefined ? dockerfile.name : relative(cwd, path)
  if (path !== undefined && (from === '..' || from.startsWith(`..${sep}`))) return pathToFileURL(path).href
  return from.split(sep).map(encodeURIComponent).join('/')
}

/** A name for each finding by rule, message and the text of its line; equal ones are numbered. */
function fingerprints(): (finding: Finding) => string {
  const seen = new Map<string, number>()
  const lines = rememberLines()
  return ({ id, message, at }) => {
    const line = at && lines(at.source)[at.start.line]?.trim()
    const hash = createHash('sha256')
      .update(JSON.stringify([id, message, line]))
      .digest('hex')
      .slice(0, 16)
    const count = (seen.get(hash) ?? 0) + 1
    seen.set(hash, count)
    return `${hash}:${count}`
  }
}
