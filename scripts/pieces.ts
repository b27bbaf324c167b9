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

/** A file that some pieces are put into. */
export interface Together {
  readonly file: string
  readonly pieces: ReadonlySet<string>
}

/**
 * Puts pieces into files with others, each still evaluated when it is first asked for: finding and reading forty files takes
 * longer than what is in them. Who asks for one of them asks the file where it is. The name `$piece` is none that a source has:
 * it would be that of the source in there.
 * @param files a piece is in the first one that names it. The first of them has the name of a piece, whose exports are its own
 */
export function merged(pieces: ReadonlyMap<string, string>, files: readonly Together[]): ReadonlyMap<string, string> {
  const places = new Map<string, string>()
  for (const name of pieces.keys()) places.set(name, files.find((one) => one.pieces.has(name))?.file ?? name)
  const out = new Map<string, string>()
  const parts = new Map<string, string[]>(files.map(({ file }) => [file, []]))
  for (const [name, text] of pieces) {
    const place = places.get(name) ?? name
    const part = `${JSON.stringify(name)}(module,exports,require){${linked(name, text, place, places)}\n}`
    if (place === name && !parts.has(name)) out.set(name, linked(name, text, name, places))
    else parts.get(place)?.push(part)
  }
  for (const [file, methods] of parts) out.set(file, fileOf(methods, pieces.has(file) ? file : undefined))
  return out
}

function fileOf(methods: readonly string[], main: string | undefined): string {
  return `"use strict";const pieces={${methods.join(',\n')}};
const loaded=new Map();
function $piece(name){let module=loaded.get(name);if(module===undefined){module={exports:{}};loaded.set(name,module);pieces[name](module,module.exports,require)}return module.exports}
module.exports={${main === undefined ? '' : `...$piece(${JSON.stringify(main)}),`}$piece};
`
}

/**
 * A piece whose `require` and `import` are right where it is now. Node itself loads a piece that is alone, and would load the file
 * that it asks for without the code that is kept of it: `start.cjs` does.
 */
function linked(name: string, text: string, place: string, places: ReadonlyMap<string, string>): string {
  return text.replaceAll(/\b(require|import)\("(\.\.?\/[^"]+)"\)/g, (_, how: string, specifier: string) => {
    const other = path.posix.join(path.posix.dirname(name), specifier)
    const otherPlace = places.get(other) ?? other
    if (otherPlace === place && other !== place) return `$piece(${JSON.stringify(other)})`
    const from = (file: string) => {
      const relative = path.posix.relative(path.posix.dirname(place), file)
      return JSON.stringify(relative.startsWith('.') ? relative : `./${relative}`)
    }
    if (otherPlace === other) return `${how}(${from(other)})`
    // The library's own file is loaded by who has no command line: nothing is kept of what it asks for.
    const isAlone = place === name && path.posix.dirname(name) !== '.'
    const file = isAlone
      ? `require(${from('start.cjs')}).bundle(${JSON.stringify(otherPlace)})`
      : `${how}(${from(otherPlace)})`
    return `${file}.$piece(${JSON.stringify(other)})`
  })
}
