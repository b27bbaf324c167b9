import { TsbuildError } from '../../errors.ts'
import type { Dockerfile } from '../../parser/index.ts'
import { goQuote } from '../go-format.ts'
import type { PlanRequest } from '../request.ts'

/** What `# check=` says. */
export interface CheckOptions {
  /** Rules that are not told of, as written; names that are no rule do no harm. */
  readonly skip: Names
  /** Experimental rules that are. */
  readonly experimental: Names
  /** `error=true`: a warning fails the build. */
  readonly errorOnWarning: boolean
}

type Names = 'all' | readonly string[]

const none: CheckOptions = { skip: [], experimental: [], errorOnWarning: false }
const argument = 'BUILDKIT_DOCKERFILE_CHECK'

/**
 * The options that hold for a whole file: those of the build argument, which replaces the directive, or those of the
 * directive.
 * @throws {TsbuildError} TSB_CHECK_OPTIONS
 */
export function checkOptions({ directives }: Pick<Dockerfile, 'directives'>, request: PlanRequest): CheckOptions {
  const given = request.buildArgs.get(argument)
  const directive = directives.find(({ name }) => name === 'check')
  try {
    return parseCheckOptions(given ?? upToBlank(directive?.value ?? ''))
  } catch (error) {
    if (!(error instanceof TsbuildError)) throw error
    const what = given === undefined ? 'check options' : `build-arg:${argument}`
    throw new TsbuildError(error.code, `failed to parse ${what}: ${error.message}`, {
      at: given === undefined ? directive?.at : undefined,
      hint: error.hint,
    })
  }
}

/**
 * Reads `skip=A,B;experimental=C;error=true`.
 * @throws {TsbuildError} TSB_CHECK_OPTIONS, in the words of BuildKit
 */
export function parseCheckOptions(text: string): CheckOptions {
  const whole = text.trim()
  return whole === '' ? none : partsOf(whole).reduce(readPart, none)
}

/**
 * What the comments above an instruction say: the first `check=` among them counts.
 * @returns undefined when there is none, or one that cannot be read
 */
export function commentOptions(comments: readonly string[]): CheckOptions | undefined {
  const values = comments.flatMap((comment) => /^\s*check\s*=\s*(.+)$/i.exec(comment)?.[1] ?? [])
  if (values[0] === undefined) return undefined
  try {
    return parseCheckOptions(upToBlank(values[0]))
  } catch (error) {
    if (error instanceof TsbuildError) return undefined
    throw error
  }
}

/** Three parts at most: the third one keeps any further semicolons. */
function partsOf(text: string): readonly string[] {
  const [first = '', second, ...more] = text.split(';')
  return [first, ...(second === undefined ? [] : [second]), ...(more.length === 0 ? [] : [more.join(';')])]
}

function readPart(options: CheckOptions, part: string): CheckOptions {
  const equals = part.indexOf('=')
  if (equals < 0) throw invalid(`invalid check option ${goQuote(part)}`)
  const [key, value] = [part.slice(0, equals).trim(), part.slice(equals + 1).trim()]
  switch (key) {
    case 'skip':
      return { ...options, skip: namesOf(value, options.skip) }
    case 'experimental':
      return { ...options, experimental: namesOf(value, options.experimental) }
    case 'error':
      return { ...options, errorOnWarning: parseFlag(value, part) }
    default:
      throw invalid(`invalid check option ${goQuote(key)}`)
  }
}

function namesOf(value: string, before: Names): Names {
  return value === 'all' || before === 'all' ? 'all' : value.split(',').map((name) => name.trim())
}

function parseFlag(value: string, part: string): boolean {
  if (/^(1|t|T|TRUE|true|True)$/.test(value)) return true
  if (/^(0|f|F|FALSE|false|False)$/.test(value)) return false
  const reason = `strconv.ParseBool: parsing ${goQuote(value)}: invalid syntax`
  throw invalid(`failed to parse check option ${goQuote(part)}: ${reason}`)
}

function invalid(message: string): TsbuildError {
  return new TsbuildError('TSB_CHECK_OPTIONS', message, {
    hint: 'write # check=skip=RULE,RULE;error=true, or skip=all; a blank ends it',
  })
}

function upToBlank(value: string): string {
  return value.split(' ', 1)[0] ?? ''
}
