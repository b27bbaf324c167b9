import type { OpContext } from '../ops/op-executor.ts'
import type { SandboxOutput } from '../sandbox/index.ts'
import { secretForms } from './secret-forms.ts'

const stars = Buffer.from('***')

/** Output in which some byte strings are replaced by stars, also where they come in pieces. */
export interface MaskedOutput {
  readonly output: SandboxOutput
  /** Passes on what was kept back because it might have been the beginning of one. */
  end(): void
}

/**
 * The output of a RUN without the values of secrets, whatever it does with them: of all that were given, since a file or an
 * earlier step may have brought it one that it did not ask for.
 */
export async function maskSecrets({ ports: { secrets }, output }: OpContext): Promise<MaskedOutput> {
  const values = await Promise.all(secrets.ids.map((id) => secrets.read(id)))
  return maskOutput(
    output,
    values.flatMap((value) => (value ? secretForms(value.reveal()) : [])),
  )
}

/** @param forms what is not to be shown, each of at least four bytes */
export function maskOutput(output: SandboxOutput, forms: readonly Buffer[]): MaskedOutput {
  if (forms.length === 0) return { output, end() {} }
  const beginnings = byBeginning(forms)
  const kept = new Map<'stdout' | 'stderr', Buffer>()
  const pass = (stream: 'stdout' | 'stderr', bytes: Buffer) => {
    if (bytes.length > 0) output(stream, bytes)
  }
  return {
    output(stream, bytes) {
      const { shown, rest } = mask(Buffer.concat([kept.get(stream) ?? Buffer.alloc(0), bytes]), beginnings, 'more')
      kept.set(stream, rest)
      pass(stream, shown)
    },
    end() {
      for (const [stream, rest] of kept) pass(stream, mask(rest, beginnings, 'nothing').shown)
      kept.clear()
    },
  }
}

/** The forms by how they begin. */
interface Beginnings {
  /** By their first four bytes, the longest first. */
  readonly forms: ReadonlyMap<number, readonly Buffer[]>
  /** Their first one, two and three bytes. */
  readonly stubs: ReadonlySet<string>
}

function byBeginning(forms: readonly Buffer[]): Beginnings {
  const sorted = forms.toSorted((a, b) => b.length - a.length)
  return {
    forms: Map.groupBy(sorted, (form) => form.readUInt32BE()),
    stubs: new Set(forms.flatMap((form) => [1, 2, 3].map((length) => form.toString('latin1', 0, length)))),
  }
}

/** What comes after a piece of output. */
type Coming = 'more' | 'nothing'

/** All up to where a form may have begun that is not there as a whole yet. */
function mask(text: Buffer, beginnings: Beginnings, coming: Coming): { readonly shown: Buffer; readonly rest: Buffer } {
  const shown: Buffer[] = []
  let from = 0
  let at = 0
  while (at < text.length) {
    const found = formAt(text, at, beginnings, coming)
    if (found === 'open') break
    if (found) {
      shown.push(text.subarray(from, at), stars)
      from = at + found.length
    }
    at = found ? from : at + 1
  }
  return { shown: Buffer.concat([...shown, text.subarray(from, at)]), rest: text.subarray(at) }
}

/** The longest form that begins here; `open` when a longer one may, and the text ends before that is known. */
function formAt(text: Buffer, at: number, beginnings: Beginnings, coming: Coming): Buffer | 'open' | undefined {
  const left = text.length - at
  if (left < 4) return coming === 'more' && beginnings.stubs.has(text.toString('latin1', at)) ? 'open' : undefined
  for (const form of beginnings.forms.get(text.readUInt32BE(at)) ?? []) {
    if (form.length > left && coming === 'nothing') continue
    const here = Math.min(form.length, left)
    if (text.compare(form, 0, here, at, at + here) !== 0) continue
    return form.length <= left ? form : 'open'
  }
  return undefined
}
