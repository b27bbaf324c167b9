import type { Examination } from '../../executor/index.ts'
import type { DoctorOptions, Finding } from './report.ts'

/** All that was found, before anything is said of it. */
export interface Facts extends DoctorOptions {
  readonly exam: Examination
  readonly store: StoreFacts
}

/** The store, or why it cannot be used. */
export interface StoreFacts {
  readonly path: string
  /** What opening it, and writing to it, came to; absent when both can be done. */
  readonly failure?: { readonly message: string; readonly hint?: string }
  readonly fileSystem: string
  /** Permission bits; absent when there is no store. */
  readonly mode?: number
  /** `imageLayoutVersion` of its images. */
  readonly layout?: string
  readonly freeBytes: number
  /** Absent where the file system makes as many as it needs. */
  readonly freeInodes?: number
  /** Why a lock keeps nobody out; `''` when it does. */
  readonly lockProblem: string
  /** Files can share their blocks. */
  readonly reflink: boolean
}

/** A complaint of a program, in one line. */
export function oneLine(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('; ')
}

/** A finding with a fix, or without one where there is none. */
export function finding(
  id: string,
  level: Finding['level'],
  text: string,
  rest: { readonly fix?: string | undefined; readonly facts?: Finding['facts'] } = {},
): Finding {
  const { fix, facts } = rest
  return { id, level, text: oneLine(text), ...(fix !== undefined && { fix }), ...(facts && { facts }) }
}
