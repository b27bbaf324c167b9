import { TsbuildError } from '../errors.ts'
import { excerpt } from './characters.ts'
import { detectSyntax, syntaxImage } from './directives.ts'
import type { Places } from './places.ts'

/** The front end that is built in, by its image or by the name that BuildKit has for its own. */
const builtIn =
  /^(?:(?:(?:index\.)?docker\.io\/)?docker\/dockerfile(?:-upstream)?(?::\w[\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?|dockerfile\.v0)$/

/**
 * Refuses a file that asks for another front end than `docker/dockerfile`. No image is fetched.
 * @param asked `--build-arg BUILDKIT_SYNTAX`: it is asked for then, whatever the file says
 * @throws {TsbuildError} TSB_UNSUPPORTED_FRONTEND
 */
export function checkFrontend(text: string, place: Places, asked?: string): void {
  if (asked) checkAsked(asked.trim())
  else checkWritten(text, place)
}

function checkWritten(text: string, place: Places): void {
  const syntax = detectSyntax(text)
  const image = syntax && syntaxImage(syntax.value)
  if (!syntax || image === undefined || builtIn.test(image)) return
  throw new TsbuildError('TSB_UNSUPPORTED_FRONTEND', `the front end ${excerpt(image)} is not supported`, {
    at: place(syntax.range.start, syntax.range.end),
    hint: 'remove the line or name docker/dockerfile:1; --build-arg BUILDKIT_SYNTAX=dockerfile.v0 passes over it',
  })
}

function checkAsked(value: string): void {
  const image = syntaxImage(value)
  if (builtIn.test(image)) return
  throw new TsbuildError(
    'TSB_UNSUPPORTED_FRONTEND',
    `the front end ${excerpt(image)} of BUILDKIT_SYNTAX is not supported`,
    {
      hint: 'tsbuild reads Dockerfiles itself: leave it out, or give docker/dockerfile:1',
    },
  )
}
