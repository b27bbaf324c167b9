import { createRequire, type LoadHookContext, registerHooks } from 'node:module'

/**
 * Imports a module that is no part of this program. `tsbuild` and `tsbuild/config` are this program itself where the module
 * finds no other; what it is written in does not depend on a package.json above it.
 */
export async function importFile(url: string): Promise<{ readonly default?: unknown }> {
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      try {
        return next(specifier, context)
      } catch (error) {
        const own = ownModule(specifier)
        if (own === undefined) throw error
        return { url: own, shortCircuit: true }
      }
    },
    load: (loaded, context, next) => next(loaded, loaded === url ? asModule(url, context) : context),
  })
  try {
    return await import(url)
  } finally {
    hooks.deregister()
  }
}

function ownModule(specifier: string): string | undefined {
  if (specifier === 'tsbuild/config') return 'data:text/javascript,export const defineConfig = (config) => config'
  return specifier === 'tsbuild' ? `file://${createRequire(import.meta.url).resolve('tsbuild')}` : undefined
}

function asModule(url: string, context: LoadHookContext): LoadHookContext {
  if (/\.c[jt]s$/.test(url)) return context
  return { ...context, format: /\.m?ts$/.test(url) ? 'module-typescript' : 'module' }
}
