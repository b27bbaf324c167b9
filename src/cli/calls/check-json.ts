import type { CheckResult, TsbuildError, Warning } from '../../index.ts'
import { dataJson, locationJson } from './location.ts'

/**
 * A check in the form of BuildKit's `lint.LintResults`. Own keys: `code` and `hint` of an error, and `unreached`, the base
 * images that nobody could be asked about.
 * @see https://github.com/moby/buildkit/blob/master/frontend/subrequests/lint/lint.go
 */
export function checkJson({ dockerfile, warnings, error, unreached }: CheckResult): object {
  return {
    warnings: warnings.map(warningJson),
    sources: [{ filename: dockerfile.name, language: 'Dockerfile', data: dataJson(dockerfile) }],
    ...(error && { buildError: errorJson(error) }),
    ...(unreached.length > 0 && {
      unreached: unreached.map(({ reference, error: reason }) => ({ image: reference, ...errorJson(reason) })),
    }),
  }
}

/** A warning as `--metadata-file` has it, too. */
export function warningJson({ rule, message, description, url, at }: Warning): object {
  return { ruleName: rule, description, url, detail: message, location: at ? locationJson(at) : {} }
}

function errorJson({ message, code, hint, at }: TsbuildError): object {
  return { message, location: at ? locationJson(at) : {}, code, hint }
}
