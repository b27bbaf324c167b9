import { TsbuildError } from '../errors.ts'
import {
  type BuildEvent,
  type EventSink,
  type GraphStep,
  type KeyChange,
  type MissReason,
  type Secrets,
  secretForms,
} from '../executor/index.ts'
import type { Warning } from '../graph/index.ts'
import type { Secret } from '../secret.ts'
import type { SourceFile, SourceRange } from '../source.ts'

/**
 * What a build says, without the values of secrets: names of steps, messages, warnings and errors, into which the Dockerfile, a
 * build argument or a program of the machine may have brought one. The output of steps is masked where it arrives.
 */
export interface Hush {
  events(sink: EventSink): EventSink
  text(text: string): string
  warnings(warnings: readonly Warning[]): readonly Warning[]
  reason(reason: MissReason): MissReason
  /** The same error, or one of the same code with stars. */
  error(error: unknown): unknown
}

/** @param others that no step is given: keys of caches */
export async function openHush({ ids, read }: Secrets, others: readonly Secret[] = []): Promise<Hush> {
  const values = [...(await Promise.all(ids.map((id) => read(id)))), ...others]
  const mask = openMask(values.flatMap((value) => (value ? secretForms(value.reveal()) : [])))
  return {
    events: (sink) => (event) => sink(hushed(event, mask)),
    text: mask.text,
    warnings: (warnings) => hushedWarnings(warnings, mask),
    reason: (reason) => hushedReason(reason, mask),
    error: (error) => hushedError(error, mask),
  }
}

interface Mask {
  text(text: string): string
  /** Stars for each letter: what follows stays where it was. */
  place(at: SourceRange | undefined): SourceRange | undefined
}

function openMask(bytes: readonly Buffer[]): Mask {
  const forms = bytes.map((form) => form.toString())
  /** One file is one value, also when very many warnings point into it. */
  const sources = new Map<SourceFile, SourceFile>()
  const sourceOf = (source: SourceFile) => {
    const known = sources.get(source)
    if (known) return known
    const text = forms.reduce((shown, form) => shown.replaceAll(form, form.replace(/[^\n]/g, '*')), source.text)
    const made = text === source.text ? source : { ...source, text }
    sources.set(source, made)
    return made
  }
  return {
    text: (text) => forms.reduce((shown, form) => shown.replaceAll(form, '***'), text),
    place: (at) => at && { ...at, source: sourceOf(at.source) },
  }
}

function hushed(event: BuildEvent, mask: Mask): BuildEvent {
  switch (event.type) {
    case 'build:graph':
      return { ...event, steps: event.steps.map((step) => hushedStep(step, mask)) }
    case 'step:start':
    case 'step:cached':
      return { ...event, label: mask.text(event.label) }
    case 'step:error':
    case 'notice':
      return { ...event, message: mask.text(event.message) }
    case 'step:miss':
      return { ...event, reason: hushedReason(event.reason, mask) }
    case 'warnings':
      return { ...event, warnings: hushedWarnings(event.warnings, mask) }
    default:
      return event
  }
}

/** All texts of a reason but the words that programs know are of people's making. */
function hushedReason(reason: MissReason, mask: Mask): MissReason {
  if (reason.kind !== 'changed') return reason
  return { ...reason, changes: reason.changes.map((change) => hushedChange(change, mask)) }
}

function hushedChange(change: KeyChange, { text }: Mask): KeyChange {
  switch (change.kind) {
    case 'files':
      return { ...change, files: change.files.map((file) => ({ ...file, path: text(file.path) })) }
    case 'input':
      return { ...change, name: text(change.name) }
    case 'variable':
    case 'mount':
    case 'definition':
      return {
        ...change,
        ...(change.before !== undefined && { before: text(change.before) }),
        ...(change.now !== undefined && { now: text(change.now) }),
      }
    case 'base':
      return change
    case 'step':
      return { ...change, ...(change.label !== undefined && { label: text(change.label) }) }
  }
}

function hushedStep(step: GraphStep, mask: Mask): GraphStep {
  const at = mask.place(step.at)
  return { ...step, label: mask.text(step.label), ...(at && { at }) }
}

function hushedWarnings(warnings: readonly Warning[], mask: Mask): readonly Warning[] {
  return warnings.map((warning) => {
    const at = mask.place(warning.at)
    return { ...warning, message: mask.text(warning.message), ...(at && { at }) }
  })
}

function hushedError(error: unknown, mask: Mask): unknown {
  if (!(error instanceof Error)) return error
  const { at, hint, ofNoStep } = error instanceof TsbuildError ? error : {}
  const [place, cause] = [mask.place(at), hushedError(error.cause, mask)]
  const texts = [error.message, error.stack ?? '', hint ?? '']
  const isQuiet = place?.source === at?.source && cause === error.cause
  if (isQuiet && texts.every((text) => mask.text(text) === text)) return error
  if (!(error instanceof TsbuildError)) return new Error(mask.text(error.message), { cause })
  const details = { at: place, hint: hint === undefined ? undefined : mask.text(hint), cause, ofNoStep }
  return new TsbuildError(error.code, mask.text(error.message), details)
}
