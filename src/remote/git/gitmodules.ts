import type { GitProgram } from './program.ts'

/** A section of `.gitmodules`. */
export interface SubmoduleSettings {
  readonly name: string
  /** By name in lower case: `path`, `url`, `update`. */
  readonly values: ReadonlyMap<string, string>
}

/** What `.gitmodules` of a commit says. Git reads it as the blob that it is: nothing in it has an effect. */
export async function readGitmodules(
  git: GitProgram,
  gitDir: string,
  commit: string,
): Promise<readonly SubmoduleSettings[]> {
  const byName = new Map<string, Map<string, string>>()
  const args = ['config', '--no-includes', '--blob', `${commit}:.gitmodules`, '-z', '--list']
  for await (const record of git.records(args, { gitDir })) {
    const [, name, key = '', value = ''] = /^submodule\.([^\n]*)\.([^.\n]+)(?:\n(.*))?$/s.exec(record) ?? []
    if (name === undefined) continue
    const values = byName.get(name) ?? new Map<string, string>()
    byName.set(name, values.set(key, value))
  }
  return [...byName].map(([name, values]) => ({ name, values }))
}
