import type { SourceRange } from '../../source.ts'

/** What a build can be given: a build argument, a secret, an agent, or a cache that it keeps. */
interface Parameter {
  /** As `--build-arg`, `--secret id=` and `--ssh` have it; the id of a cache. */
  readonly name: string
  /** The instruction that asks for it. */
  readonly at: SourceRange
}

/** An ARG. */
export interface OutlineArgument extends Parameter {
  /** Of a comment `# NAME text` above the ARG. */
  readonly description?: string
  /** Given by `--build-arg`, else the default with its variables put in; absent when it is empty or there is none. */
  readonly value?: string
}

/** A secret or an agent of `RUN --mount`. */
export interface OutlineMount extends Parameter {
  /** The build fails without it. */
  readonly required: boolean
}

/** A cache of `RUN --mount`. */
export interface OutlineCache extends Parameter {}

/** An ARG with what is known of it. Nothing that is empty is in it. */
export function outlineArgument(
  name: string,
  value: string | undefined,
  description: string | undefined,
  at: SourceRange,
): OutlineArgument {
  return { name, ...(value && { value }), ...(description && { description }), at }
}
