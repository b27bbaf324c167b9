import path from 'node:path'
import type { Metafile } from 'esbuild'

/*
 * What is done to the CommonJS pieces that esbuild cut: it names a module `import_…` and reads each use from that variable.
 */

/** Modules of Node that take milliseconds to load, and that a cached build does not use. */
const lateBuiltins = new Set([
  'child_process',
  'dns',
  'http',
  'https',
  'net',
  'os',
  'stream',
  'stream/promises',
  'tls',
  'util',
  'v8',
  'zlib',
])

const builtinImport = /\b(import_\w+)=(__toESM\()?require\("node:([a-z0-9_/]+)"\)\)?/g

/**
 * A late module becomes a function that loads it. Of the others no copy is made where only their `default` is used.
 */
export function withLateBuiltins(code: string): string {
  const late = new Set<string>()
  const declared = code.replaceAll(
    builtinImport,
    (whole, variable: string, copied: string | undefined, name: string) => {
      const onlyDefault = copied && !new RegExp(`\\b${variable}\\.(?!default\\b)`).test(code)
      const load = onlyDefault ? `{default:require("node:${name}")}` : whole.slice(variable.length + 1)
      if (!lateBuiltins.has(name)) return `${variable}=${load}`
      late.add(variable)
      return `${variable}=()=>(${load})`
    },
  )
  return declared.replaceAll(/\b(import_\w+)\./g, (use, variable: string) =>
    late.has(variable) ? `(${variable}()).` : use,
  )
}

/** The pieces that are loaded when these sources are, by their names in the output folder. */
export function loadedWith({ outputs }: Metafile, sources: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>()
  const waiting = Object.keys(outputs).filter((name) => sources.includes(outputs[name]?.entryPoint ?? ''))
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (found.has(name)) continue
    found.add(name)
    const { imports = [] } = outputs[name] ?? {}
    waiting.push(
      ...imports.filter(({ kind, external }) => kind === 'import-statement' && !external).map((one) => one.path),
    )
  }
  return new Set([...found].map((name) => name.replace(/^dist\//, '')))
}

/**
 * Puts some pieces into one file, each still evaluated when it is first asked for: finding and reading forty files takes longer
 * than what is in them. In their own places stands where they are now, for the pieces that are loaded later. The name `$piece` is
 * none that a source has: it would be that of the source in there.
 * @param main the piece that gives the file its name, and whose exports are those of the file
 */
export function merged(
  pieces: ReadonlyMap<string, string>,
  together: ReadonlySet<string>,
  main: string,
): ReadonlyMap<string, string> {
  const out = new Map<string, string>()
  const parts: string[] = []
  for (const [name, text] of pieces) {
    if (!together.has(name)) {
      out.set(name, text)
      continue
    }
    parts.push(`${JSON.stringify(name)}(module,exports,require){${linked(name, text, together)}\n}`)
    const back = JSON.stringify(`./${path.relative(path.dirname(name), main)}`)
    if (name !== main) out.set(name, `module.exports=require(${back}).$piece(${JSON.stringify(name)})\n`)
  }
  out.set(
    main,
    `"use strict";const pieces={${parts.join(',\n')}};
const loaded=new Map();
function $piece(name){let module=loaded.get(name);if(module===undefined){module={exports:{}};loaded.set(name,module);pieces[name](module,module.exports,require)}return module.exports}
module.exports={...$piece(${JSON.stringify(main)}),$piece};
`,
  )
  return out
}

/** What a piece asks for, from where it is now. */
function linked(name: string, text: string, together: ReadonlySet<string>): string {
  return text.replaceAll(/\b(require|import)\("(\.\.?\/[^"]+)"\)/g, (_, how: string, specifier: string) => {
    const other = path.posix.join(path.posix.dirname(name), specifier)
    return together.has(other) ? `$piece(${JSON.stringify(other)})` : `${how}("./${other}")`
  })
}
