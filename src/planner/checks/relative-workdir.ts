import type { SourceRange } from '../../source.ts'
import { goQuote } from '../go-format.ts'
import type { StageState } from '../state.ts'
import type { Warn } from './checks.ts'

/** A relative WORKDIR before any other one in this file: where it leads is up to the base image. */
export function checkRelativeWorkdir(path: string, at: SourceRange, state: StageState, warn: Warn): void {
  if (state.workdirSet || isAbsolute(path, state.platform.os)) return
  const message = `Relative workdir ${goQuote(path)} can have unexpected results if the base image changes`
  warn({ rule: 'WorkdirRelativePath', message, at })
}

function isAbsolute(path: string, os: string): boolean {
  return os === 'windows' ? /^([a-z]:)?[\\/]/i.test(path) : path.startsWith('/')
}
