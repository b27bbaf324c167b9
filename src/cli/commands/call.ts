import type { BuildOptions, CheckResult } from '../../index.ts'
import { visible } from '../../text/index.ts'
import { checkJson } from '../calls/check-json.ts'
import { checkSarif } from '../calls/check-sarif.ts'
import { checkText } from '../calls/check-text.ts'
import { describeJson, describeText } from '../calls/describe.ts'
import { outlineJson, outlineText } from '../calls/outline.ts'
import { targetsJson, targetsText } from '../calls/targets.ts'
import { Reported } from '../error-text.ts'
import { exitCodes } from '../exit.ts'
import { buildOptions } from '../flags/build-options.ts'
import type { Call } from '../flags/call.ts'
import type { Library } from '../ports.ts'
import type { Session } from '../session.ts'
import { jsonText } from '../text/json.ts'
import { version } from '../version.ts'
import { effectiveMode, type ViewMode } from '../views/choose.ts'
import type { BuildCommandFlags } from './build.ts'
import { progressMode, reportBuildError, shown } from './shown.ts'

/** Looks at a Dockerfile in place of building it. The result goes to standard output. */
export async function callCommand(
  session: Session,
  context: string,
  flags: BuildCommandFlags,
  call: Call,
): Promise<void> {
  const { environment, signal } = session
  const options = buildOptions(context, flags, environment.env)
  const mode = effectiveMode(progressMode(flags, environment.env), session)
  const ask = <T>(look: (library: Library, options: BuildOptions) => Promise<T>): Promise<T> =>
    shown(session, mode, async (onEvent) => look(await session.library(), { ...options, signal, onEvent }))
  switch (call.method) {
    case 'check':
      return finishCheck(await ask((library, asked) => library.check(asked, environment)), session, mode, call)
    case 'outline':
      return print(await ask((library, asked) => library.outline(asked, environment)), outlineText, outlineJson)
    case 'targets':
      return print(await ask((library, asked) => library.targets(asked, environment)), targetsText, targetsJson)
    case 'subrequests.describe':
      return print(undefined, describeText, describeJson)
  }

  function print<T>(result: T, text: (result: T) => string, json: (result: T) => object): void {
    session.out.print(call.format === 'text' ? text(result) : `${jsonText(json(result), 2)}\n`)
  }
}

/** Prints what a check found. It fails when it found something, also in the JSON forms. */
function finishCheck(result: CheckResult, session: Session, mode: ViewMode, call: Call): void {
  const { out, err } = session
  out.print(checkIn(call.format, result, session))
  for (const { reference, error } of result.unreached) {
    err.print(`note: what depends on ${visible(reference)} is not checked: ${visible(error.message)}\n`)
  }
  if (result.error) reportBuildError(session, mode, result.error, '')
  if (result.warnings.length > 0 && !call.ignoreStatus) throw new Reported(exitCodes.failure)
}

function checkIn(format: Call['format'], result: CheckResult, { environment }: Session): string {
  if (format === 'text') return checkText(result)
  const document = format === 'json' ? checkJson(result) : checkSarif(result, version(), environment.cwd)
  return `${jsonText(document, 2)}\n`
}
