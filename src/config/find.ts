import { existsSync, lstatSync, realpathSync } from 'node:fs'
import path from 'node:path'

/** What decides which config file counts. */
export interface ConfigFacts {
  readonly cwd: string
  /** Of who runs this, outside of any user namespace; undefined where there are no users. */
  readonly uid: number | undefined
  readonly env: Readonly<Record<string, string | undefined>>
}

/** A file that was found, or one that is not read, and why. */
export type FoundConfig =
  | { readonly file: string; readonly refused?: undefined }
  | { readonly file: string; readonly refused: string }

const names = ['tsbuild.config.json', 'tsbuild.config.ts']

/**
 * The nearest config file from the working directory up to the root of the repository it is in; without a repository, of the
 * working directory alone. A context is never looked at for one: it may be anybody's. A file that somebody else can have
 * written is not for us: it says which registries are asked. A program is for nobody who did not name it: the working directory
 * may be a checkout of a stranger's branch.
 */
export function findConfig(facts: ConfigFacts): FoundConfig | undefined {
  let found: string | undefined
  for (let at = facts.cwd; ; at = path.dirname(at)) {
    found ??= names.map((name) => path.join(at, name)).find((file) => existsSync(file))
    if (existsSync(path.join(at, '.git'))) return found === undefined ? undefined : checked(found, facts)
    if (at === path.dirname(at)) break
  }
  return found !== undefined && path.dirname(found) === facts.cwd ? checked(found, facts) : undefined
}

function checked(file: string, facts: ConfigFacts): FoundConfig {
  const real = realpathSync(file)
  const places = new Set([file, real, path.dirname(file), path.dirname(real)])
  const reasons = Array.from(places, (place) => whyNot(place, facts))
  const refused = reasons.find((reason) => reason !== undefined) ?? (file.endsWith('.json') ? undefined : isProgram)
  return refused === undefined ? { file } : { file, refused }
}

const isProgram = 'it is a program, and runs only when it is named'

/** Of a link, who made it counts; what it leads to is another place. */
function whyNot(place: string, { uid, env }: ConfigFacts): string | undefined {
  if (uid === undefined) return undefined
  const stats = lstatSync(place)
  const own = [uid, 0, ...(uid === 0 && env['SUDO_UID'] ? [Number(env['SUDO_UID'])] : [])]
  if (!own.includes(stats.uid)) return `${place} belongs to another user (${stats.uid})`
  if (stats.isSymbolicLink()) return undefined
  // In a folder as /tmp all may make files, and nobody can replace those of others.
  const isShared = stats.isDirectory() && (stats.mode & 0o1000) !== 0
  if ((stats.mode & 0o002) !== 0 && !isShared) return `${place} can be written by everybody`
  return (stats.mode & 0o020) !== 0 && !stats.isDirectory() ? `${place} can be written by its group` : undefined
}
