import { TsbuildError } from '../errors.ts'
import { defaultLimits, type Limits, limitHint, limitTable } from '../limits.ts'

/** What the documents of images may ask for. */
export interface DocumentLimits {
  /** Bytes. */
  readonly manifest: number
  /** Bytes. */
  readonly config: number
  /** How deep one may nest. */
  readonly depth: number
  /** Indexes in one another. */
  readonly indexes: number
}

export function documentLimitsOf(limits: Limits): DocumentLimits {
  return {
    manifest: limits['manifest-bytes'],
    config: limits['config-bytes'],
    depth: limits['json-depth'],
    indexes: limits['index-depth'],
  }
}

export const documentLimits = documentLimitsOf(defaultLimits)

/** Of the documents that are in the store: they were held against the limits of the command that brought them. */
export const storedLimits: DocumentLimits = {
  manifest: limitTable['manifest-bytes'].most,
  config: limitTable['config-bytes'].most,
  depth: limitTable['json-depth'].most,
  indexes: limitTable['index-depth'].most,
}

/**
 * Reads JSON that somebody else wrote. Object members keep the name they have, `__proto__` too, and names that occur
 * twice are refused, since two readers would disagree about them.
 * @param name what the document is, for messages
 * @param depth how deep it may nest
 * @throws {TsbuildError} TSB_DOCUMENT_TOO_LARGE above `limit` bytes; TSB_DOCUMENT_FORMAT for what is no JSON, nests deeper,
 *   or repeats a member
 */
export function parseJson(
  bytes: Uint8Array,
  name: string,
  limit: number,
  depth: number = documentLimits.depth,
): unknown {
  if (bytes.length > limit) throw tooLarge(name, limit)
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    checkNesting(text, name, depth)
    return JSON.parse(text)
  } catch (cause) {
    if (cause instanceof TsbuildError) throw cause
    throw new TsbuildError('TSB_DOCUMENT_FORMAT', `${name} is damaged: ${messageOf(cause)}`, { cause })
  }
}

export function tooLarge(name: string, limit: number): TsbuildError {
  return new TsbuildError('TSB_DOCUMENT_TOO_LARGE', `${name} is larger than ${limit} bytes`)
}

/** Walks the tokens once, without recursion: one set of member names for each open object. Syntax is not its business. */
function checkNesting(text: string, name: string, depth: number): void {
  const token = /"(?:[^"\\]|\\.)*"|[{}[\],]/gs
  const open: (Set<string> | undefined)[] = []
  for (let match = token.exec(text); match; match = token.exec(text)) {
    const [piece] = match
    if (piece === '{') open.push(new Set())
    else if (piece === '[') open.push(undefined)
    else if (piece === '}' || piece === ']') open.pop()
    else if (piece !== ',' && isMember(text, token.lastIndex)) addMember(open.at(-1), piece)
    if (open.length > depth) throw tooDeep(name, depth)
  }
}

function tooDeep(name: string, depth: number): TsbuildError {
  return new TsbuildError('TSB_DOCUMENT_FORMAT', `${name} is damaged: nested deeper than ${depth} levels`, {
    hint: limitHint('json-depth'),
  })
}

function isMember(text: string, from: number): boolean {
  const next = /\S/g
  next.lastIndex = from
  return next.exec(text)?.[0] === ':'
}

function addMember(members: Set<string> | undefined, quoted: string): void {
  const name: unknown = JSON.parse(quoted)
  if (typeof name !== 'string' || members?.has(name)) throw new SyntaxError(`member ${quoted} is there twice`)
  members?.add(name)
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
