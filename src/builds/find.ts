import { TsbuildError } from '../errors.ts'
import type { BuildRecord } from './record.ts'

/**
 * The build that a person means: `7` by number, `^0` the newest and `^1` the one before it, else by the beginning of an id; a
 * number of up to 5 digits is no id.
 * @param builds newest first
 * @throws {TsbuildError} TSB_BUILD_NOT_FOUND
 */
export function findBuild(text: string, builds: readonly BuildRecord[]): BuildRecord {
  const back = /^\^(\d{1,6})$/.exec(text)?.[1]
  if (back !== undefined) return builds[Number(back)] ?? notFound(text, builds)
  const numbered = builds.find(({ number }) => String(number) === text)
  if (numbered) return numbered
  const isNumber = /^\d{0,5}$/.test(text)
  const [found, ...others] = isNumber ? [] : builds.filter(({ id }) => id.startsWith(text))
  if (!found) return notFound(text, builds)
  if (others.length === 0) return found
  throw new TsbuildError('TSB_BUILD_NOT_FOUND', `the ids of ${others.length + 1} builds begin with ${text}`, {
    hint: 'give more of it, or the number of the build',
  })
}

function notFound(text: string, builds: readonly BuildRecord[]): never {
  const [newest] = builds
  const hint = newest
    ? `tsbuild builds lists them: the newest is ${newest.number}, or ^0; the last 50 are kept`
    : 'no build is remembered in this store: --root, or TSBUILD_ROOT, names another one'
  throw new TsbuildError('TSB_BUILD_NOT_FOUND', `no such build: ${text}`, { hint })
}
