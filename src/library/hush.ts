import { TsbuildError } from '../errors.ts'
import { type BuildEvent, type EventSink, type Secrets, secretForms } from '../executor/index.ts'
import type { SourceRange } from '../source.ts'

/**
 * What a build says, without the values of secrets: names of steps, messages and errors, into which a build argument or a
 * program of the machine may have brought one. The output of steps is masked where it arrives.
 */
export interface Hush {
  events(sink: EventSink): EventSink
  /** The same error, or one of the same code with stars. */
  error(error: unknown): unknown
}

export async function openHush({ ids, read }: Secrets): Promise<Hush> {
  const values = await Promise.all(ids.map((id) => read(id)))
  const forms = values.flatMap((value) => (value ? secretForms(value.reveal()) : [])).map((form) => form.toString())
  const masked = (text: string) => forms.reduce((shown, form) => shown.replaceAll(form, '***'), text)
  return {
    events: (sink) => (event) => sink(hushed(event, masked)),
    error: (error) => hushedError(error, forms, masked),
  }
}

type Mask = (text: string) => string

function hushed(event: BuildEvent, masked: Mask): BuildEvent {
  switch (event.type) {
    case 'step:start':
    case 'step:cached':
      return { ...event, label: masked(event.label) }
    case 'step:error':
    case 'notice':
      return { ...event, message: masked(event.message) }
    case 'step:miss': {
      const { reason } = event
      return reason.kind === 'changed' ? { ...event, reason: { ...reason, what: masked(reason.what) } } : event
    }
    default:
      return event
  }
}

function hushedError(error: unknown, forms: readonly string[], masked: Mask): unknown {
  if (!(error instanceof Error)) return error
  const { at, hint } = error instanceof TsbuildError ? error : {}
  const cause = hushedError(error.cause, forms, masked)
  const texts = [error.message, error.stack ?? '', hint ?? '', at?.source.text ?? '']
  if (cause === error.cause && !texts.some((text) => masked(text) !== text)) return error
  if (!(error instanceof TsbuildError)) return new Error(masked(error.message), { cause })
  const details = { at: at && hushedPlace(at, forms), hint: hint === undefined ? undefined : masked(hint), cause }
  return new TsbuildError(error.code, masked(error.message), details)
}

/** Stars for each letter: what follows stays where it was. */
function hushedPlace({ source, start, end }: SourceRange, forms: readonly string[]): SourceRange {
  const text = forms.reduce((shown, form) => shown.replaceAll(form, form.replace(/[^\n]/g, '*')), source.text)
  return { source: { ...source, text }, start, end }
}
