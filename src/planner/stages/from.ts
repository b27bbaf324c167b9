import { didYouMean, TsbuildError } from '../../errors.ts'
import { type Platform, parseImageSource, parsePlatform } from '../../image/index.ts'
import type { FromInstruction, Word } from '../../parser/index.ts'
import type { SourceRange } from '../../source.ts'
import { expandGlobal, type Reading } from '../expand.ts'
import type { PlanRequest } from '../request.ts'
import type { Variables } from '../variables.ts'

/**
 * What a FROM names, expanded.
 * @throws {TsbuildError} TSB_FROM_BLANK
 */
export function fromName({ image }: FromInstruction, globals: Variables, reading: Reading): string {
  const name = expandGlobal(image, globals, reading)
  if (name !== '') return name
  throw new TsbuildError('TSB_FROM_BLANK', `base name (${image.text}) should not be blank`, {
    at: image.at,
    hint: hintForVariable(image.text, globals) ?? 'name an image, a stage above or scratch',
  })
}

/**
 * The platform of a FROM that says one.
 * @throws {TsbuildError} TSB_PLATFORM_FORMAT
 */
export function fromPlatform(
  { platform }: FromInstruction,
  request: PlanRequest,
  globals: Variables,
  reading: Reading,
): Platform | undefined {
  if (!platform) return undefined
  const text = expandGlobal(platform, globals, reading)
  if (text === '') {
    throw new TsbuildError('TSB_PLATFORM_FORMAT', `empty platform value from expression ${platform.text}`, {
      at: platform.at,
      hint: hintForVariable(platform.text, globals) ?? 'write --platform=linux/amd64, or leave it out',
    })
  }
  try {
    return parsePlatform(text, request.buildPlatform)
  } catch (error) {
    if (!(error instanceof TsbuildError)) throw error
    const message = `failed to parse platform ${platform.text}: ${error.message}`
    throw new TsbuildError(error.code, message, { at: platform.at, hint: error.hint, cause: error })
  }
}

/** Why a text with a variable came out empty; undefined when there is none in it. */
function hintForVariable(text: string, globals: Variables): string | undefined {
  const name = /\$\{?(\w+)/.exec(text)?.[1]
  if (name === undefined) return undefined
  const missing = `ARG ${name}=DEFAULT before the first FROM, or --build-arg ${name}=VALUE`
  return (globals.has(name) ? undefined : didYouMean(name, globals.keys())) ?? `give it a value: ${missing}`
}

/** What to do about a name with a variable that nothing gave a value; undefined when all have one. */
export function unsetHint({ text }: Word, globals: Variables): string | undefined {
  const unset = [...text.matchAll(/\$\{?(\w+)/g)].find(([, name = '']) => !globals.get(name))
  return unset && hintForVariable(unset[0], globals)
}

/**
 * Checks that what is no stage can be an image.
 * @param hint what to do when it cannot, instead of the usual
 * @throws {TsbuildError} TSB_REFERENCE_FORMAT
 */
export function checkReference(name: string, at: SourceRange, hint?: string): void {
  try {
    parseImageSource(name)
  } catch (error) {
    if (!(error instanceof TsbuildError)) throw error
    const [, reason = error.message] = /^not an image name: ".*": (.*)$/.exec(error.message) ?? []
    const message = `failed to parse stage name ${JSON.stringify(name)}: ${reason}`
    throw new TsbuildError(error.code, message, { at, hint: hint ?? error.hint, cause: error })
  }
}
