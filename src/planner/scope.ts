import type { OpId } from '../graph/index.ts'
import type { CopyInstruction } from '../parser/index.ts'
import type { SourceRange } from '../source.ts'
import type { Warn } from './checks/checks.ts'
import type { IsIgnored } from './checks/ignored-sources.ts'
import type { GraphBuilder } from './graph-builder.ts'
import type { PlanRequest } from './request.ts'
import type { Variables } from './variables.ts'
import type { Budget } from './words/index.ts'

/** What every instruction of a stage shares: the request, the graph, and what its names lead to. */
export interface StageScope {
  readonly request: PlanRequest
  /** Global ARGs and platform arguments: where a bare `ARG NAME` gets its value. */
  readonly globals: Variables
  /** `# escape=` */
  readonly escape: '\\' | '`'
  readonly graph: GraphBuilder
  /** Of the build: counts the values of its instructions. */
  readonly budget: Budget
  /** Counts what progress shows of its instructions. */
  readonly labelBudget: Budget
  /** As progress shows the stage; absent when there is only one. */
  readonly name: string | undefined
  /** Numbered steps of the stage, FROM included. */
  readonly total: number
  readonly noCache: boolean
  /** The instruction is a trigger of the base. */
  readonly onbuild: boolean
  /** The files of what COPY --from names. */
  copySource(instruction: CopyInstruction): OpId
  /** The files of what `from=` of a mount names. */
  mountSource(name: string, at: SourceRange): OpId
  /** What the ignore file takes away; absent when there is none, or nothing of the context is copied. */
  readonly isIgnored: IsIgnored | undefined
  /** As the comments above the instruction have it. */
  readonly warn: Warn
}

/** The op of the build context. */
export function mainContext(scope: StageScope): OpId {
  return scope.graph.add({ kind: 'context', name: 'context' }, { label: '[internal] load build context' })
}
