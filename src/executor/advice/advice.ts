import { isSystemError, TsbuildError } from '../../errors.ts'
import { treePath } from '../../tree/index.ts'
import type { Advice, Clue } from './clue.ts'
import {
  bashWords,
  brokenExecForm,
  carriageReturn,
  commandNotFound,
  execFormat,
  notExecutable,
  whyNotFound,
} from './commands.ts'
import { entryAt, programsOf } from './files.ts'
import { foreignModules, goFiles, npmFiles, pipFiles, yarnLock } from './languages.ts'
import { memoryFileFull, noNetwork, outOfMemory } from './machine.ts'
import { apkLists, aptLists, managerWantsRoot, noCertificates } from './packages.ts'
import { deniedAsUser, readOnlyMount } from './permissions.ts'

/** Known causes of a command that failed, the surest first. docs/errors.md says what each is about. */
export const causes: Readonly<Record<string, Advice>> = {
  'out-of-memory': outOfMemory,
  'broken-exec-form': brokenExecForm,
  'carriage-return': carriageReturn,
  'bash-words': bashWords,
  'not-executable': notExecutable,
  'exec-format': execFormat,
  'foreign-modules': foreignModules,
  'command-not-found': commandNotFound,
  'manager-wants-root': managerWantsRoot,
  'denied-as-user': deniedAsUser,
  'read-only-mount': readOnlyMount,
  'npm-files': npmFiles,
  'yarn-lock': yarnLock,
  'pip-files': pipFiles,
  'go-files': goFiles,
  'no-certificates': noCertificates,
  'no-network': noNetwork,
  'apt-lists': aptLists,
  'apk-lists': apkLists,
  'memory-file-full': memoryFileFull,
}

/** What may be said to somebody whose command failed so; undefined where nothing is sure. */
export async function adviceOn(clue: Clue): Promise<string | undefined> {
  return await unlessUnreadable(async () => {
    for (const advice of Object.values(causes)) {
      const found = await advice(clue)
      if (found !== undefined) return found
    }
    return undefined
  })
}

/** The same for a command that could not be started. */
export async function adviceOnStart(clue: Clue): Promise<string | undefined> {
  const [command = '', option] = clue.op.argv
  return await unlessUnreadable(async () => {
    const isShell = command === '/bin/sh' && option === '-c'
    return isShell && !entryAt(clue, treePath(command)) ? noShell(clue) : whyNotFound(clue, command)
  })
}

/** Names of programs that are shown. */
const mostShown = 8

function noShell(clue: Clue): string {
  const names = [...programsOf(clue)].slice(0, mostShown)
  const has = names.length > 0 ? `its PATH has ${names.join(', ')}` : 'its PATH has no program at all'
  return `the image has no shell; ${has}: run a program as RUN ["program", "argument"], do this in a stage with a shell and COPY --from=it, or take another base`
}

/** Advice is no reason to hide what went wrong. */
async function unlessUnreadable<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof TsbuildError || isSystemError(error, 'ENOENT', 'EACCES', 'EIO', 'ELOOP', 'ENOTDIR'))
      return undefined
    throw error
  }
}
