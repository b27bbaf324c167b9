import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { digestOf, type Json } from '../digest/index.ts'
import { TsbuildError } from '../errors.ts'
import type { Seccomp } from '../executor/index.ts'
import type { BuildOptions, Environment } from '../options.ts'

/** The filter of steps that was asked for, and its name in keys: `unconfined`, or a digest. */
export interface AskedSeccomp {
  readonly seccomp: Seccomp
  readonly id: string
}

/** @throws {TsbuildError} TSB_SECCOMP_PROFILE */
export async function readSeccomp(
  asked: BuildOptions['seccomp'],
  { cwd }: Environment,
): Promise<AskedSeccomp | undefined> {
  if (asked === undefined) return undefined
  if (asked === 'unconfined') return { seccomp: asked, id: asked }
  const text = await readFile(path.resolve(cwd, asked.file), 'utf8').catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    throw code === undefined ? error : wrong(asked.file, `it cannot be read (${code})`)
  })
  const { seccompSchema } = await import('./seccomp-schema.ts')
  const found = seccompSchema.safeParse(parsed(text, asked.file))
  if (found.success) return { seccomp: found.data, id: digestOf(found.data as Json) }
  const [issue] = found.error.issues
  const what = issue?.code === 'unrecognized_keys' ? `unknown: ${issue.keys.join(', ')}` : (issue?.message ?? '')
  throw wrong(asked.file, [...(issue?.path ?? []).map(String), what].join(': '))
}

function parsed(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) throw wrong(file, error.message)
    throw error
  }
}

function wrong(file: string, why: string): TsbuildError {
  return new TsbuildError('TSB_SECCOMP_PROFILE', `${file} is no seccomp profile: ${why}`, {
    hint: 'it has to be JSON as the OCI runtime spec or Docker has it, without SCMP_ACT_NOTIFY',
  })
}
