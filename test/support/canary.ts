import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { writeFiles } from './files.ts'
import type { Workspace } from './workspace.ts'

/** `$T` of the security cases: a folder of the host beside everything that a build may touch. */
export interface Outside {
  readonly folder: string
  /** A file with a word that must get nowhere. */
  readonly canary: string
  /** The canary is unread and unchanged: its word is in no file of the workspace but those named, and nothing is new. */
  expectUntouched(...mayHold: readonly string[]): void
}

export const canaryWord = 'CANARY-7c1d'

/** Only for a workspace that this test has alone. */
export function putCanary({ directory }: Pick<Workspace, 'directory'>): Outside {
  const folder = join(directory, 'outside')
  writeFiles(folder, { 'dir/': '' })
  const canary = join(folder, 'canary')
  writeFileSync(canary, canaryWord, { mode: 0o640 })
  return {
    folder,
    canary,
    expectUntouched(...mayHold) {
      expect(readFileSync(canary, 'utf8')).toBe(canaryWord)
      expect(readdirSync(folder, { recursive: true }).map(String).sort()).toEqual(['canary', 'dir'])
      expect(filesWith(canaryWord, directory).filter((file) => file !== canary && !mayHold.includes(file))).toEqual([])
    },
  }
}

/** Files below a directory in which these bytes stand, without following links. */
export function filesWith(word: string, directory: string): readonly string[] {
  const script = 'grep -rlF -e "$1" "$2" 2>/dev/null || :'
  const found = execFileSync('sh', ['-c', script, 'sh', word, directory], { encoding: 'utf8' })
  return found.split('\n').filter(Boolean)
}
