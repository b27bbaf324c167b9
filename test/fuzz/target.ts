import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type fc from 'fast-check'
import { TsbuildError } from '../../src/errors.ts'

/** Something of tsbuild that reads what others wrote, and what must hold whatever that is. */
export interface FuzzTarget<T = unknown> {
  readonly name: string
  /** How many inputs the test suite tries. */
  readonly runs: number
  readonly input: fc.Arbitrary<T>
  /** Why it cannot be tried here; absent where it can. */
  readonly problem?: string | undefined
  /** Throws when it does not hold. */
  holds(input: T): void | Promise<void>
}

/** What came of some work: a value, or the error of a user's mistake. Anything else that is thrown is a bug, and thrown on. */
export type Outcome<T> =
  | { readonly value: T; readonly error?: undefined }
  | { readonly error: TsbuildError; readonly value?: undefined }

export async function outcomeOf<T>(work: () => T | Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await work() }
  } catch (error) {
    if (error instanceof TsbuildError && /^TSB_[A-Z_]+$/.test(error.code) && error.message.length < 5000)
      return { error }
    throw error
  }
}

/** Works in a fresh folder that goes afterwards. */
export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'tsbuild-fuzz-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
