import type { Dockerfile } from '../../parser/index.ts'
import type { SourceRange } from '../../source.ts'
import { descriptionOf } from './description.ts'

/** A stage as something that can be built: what `--target` takes. */
export interface Target {
  /** Lower case; absent for a stage without AS, which only being the last one makes a target. */
  readonly name?: string
  /** What is built when nobody says: the last stage. */
  readonly default: boolean
  /** Of a comment `# NAME text` above the FROM. */
  readonly description?: string
  /** As written, variables and all. */
  readonly base: string
  /** `--platform` of the FROM, as written. */
  readonly platform?: string
  /** The FROM. */
  readonly at: SourceRange
}

/** The stages of a file, in order. */
export function targets({ stages }: Dockerfile): readonly Target[] {
  return stages.map(({ name, from }, index) => {
    const description = name === undefined ? undefined : descriptionOf(name, from.comments)
    return {
      ...(name !== undefined && { name }),
      default: index === stages.length - 1,
      ...(description !== undefined && { description }),
      base: from.image.text,
      ...(from.platform && { platform: from.platform.text }),
      at: from.at,
    }
  })
}
