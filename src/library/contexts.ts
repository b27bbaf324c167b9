import path from 'node:path'
import { type Context, findIgnoreFile, openContext } from '../context/index.ts'
import type { BuildOptions } from '../options.ts'

/** Opens contexts by the name that the plan has for them; each once. */
export interface Contexts {
  /** `context` is the main one; else a name of `--build-context`. */
  open(name: string): Promise<Context>
}

/**
 * @param dockerfile absolute path: its own ignore file is for the main context
 * @param store real path of the store, which may lie in a context
 */
export function openContexts(options: BuildOptions, dockerfile: string, cwd: string, store: string): Contexts {
  const opened = new Map<string, Promise<Context>>()
  const openNow = async (name: string): Promise<Context> => {
    const named = options.contexts?.[name]
    const directory = path.resolve(cwd, named ?? options.context)
    const ignoreFile = await findIgnoreFile(directory, named === undefined ? dockerfile : undefined)
    return openContext(directory, ignoreFile, store)
  }
  return {
    open(name) {
      const context = opened.get(name) ?? openNow(name)
      opened.set(name, context)
      return context
    },
  }
}
