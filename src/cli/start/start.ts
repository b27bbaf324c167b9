import { readFileSync } from 'node:fs'
import { createRequire, enableCompileCache, Module } from 'node:module'
import path from 'node:path'
import type * as cli from '../main.ts'
import { type Caches, cachesOf } from './caches.ts'
import { compiledFolderName, openCompiledCode } from './compiled-code.ts'

/** The files of the bundle that hold most of the program, and a digest of them: put in by `scripts/bundle.ts`. */
declare const TSBUILD_BUNDLES: readonly string[]
declare const TSBUILD_BUNDLES_DIGEST: string

/** Seconds. A longer run has let go of functions that it called at first (V8 forgets what it has not run for a while). */
const longestToKeep = 10

let load: (name: string) => unknown = (name) => createRequire(__filename)(`./${name}`)

/** A file of the bundle, for who is loaded by Node itself. */
export function bundle(name: string): unknown {
  return load(name)
}

/** Runs the command line of this process from its bundle, with the code that earlier runs have compiled. */
export function start({ own, installed }: Caches = cachesOf(process.env, process.cwd())): void {
  if (own !== undefined) enableCompileCache(own)
  const require = createRequire(__filename)
  const { NODE_OPTIONS: options } = process.env
  const name = (flags: readonly string[]) => compiledFolderName(TSBUILD_BUNDLES_DIGEST, flags)
  const flags = options ? [options, ...process.execArgv] : process.execArgv
  let withFlagsOfStart: typeof cli.withFlagsOfStart = (work) => work()
  const code = openCompiledCode({
    folder: own === undefined ? undefined : path.join(own, name(flags)),
    installed: installed ? path.join(__dirname, 'compiled', name([])) : undefined,
    withFlagsOfStart: (work) => withFlagsOfStart(work),
  })

  /** As `require` does it, and found by it. */
  load = (name) => {
    const filename = path.join(__dirname, name)
    const known = require.cache[filename]
    if (known) return known.exports
    const module = new Module(filename)
    module.filename = filename
    require.cache[filename] = module
    const source = `(function (exports, require, module, __filename, __dirname) {${readFileSync(filename, 'utf8')}\n})`
    const run = code.script(name, filename, source).runInThisContext() as Wrapped
    run.call(module.exports, module.exports, requireHere, module, filename, __dirname)
    module.loaded = true
    return module.exports
  }
  const requireHere = (specifier: string): unknown => {
    const name = specifier.startsWith('./') ? specifier.slice(2) : ''
    return TSBUILD_BUNDLES.includes(name) ? load(name) : require(specifier)
  }

  const program = load('cli.cjs') as typeof cli
  withFlagsOfStart = program.withFlagsOfStart
  program.main((command) => {
    if (process.uptime() < longestToKeep) code.keep(command.join(' '))
  })
}

type Wrapped = (
  exports: unknown,
  require: (specifier: string) => unknown,
  module: unknown,
  filename: string,
  dirname: string,
) => void
