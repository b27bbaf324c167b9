import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Plugin } from 'esbuild'

/**
 * A folder is imported through its `index.ts`, which names all that it has: to the bundler, whoever imports one name needs all of
 * the folder, and nothing could be loaded later. So it is shown imports of the files that the names come from.
 */
export const straightImports: Plugin = {
  name: 'straight-imports',
  setup(bundler) {
    bundler.onLoad({ filter: /\/src\/.*\.tsx?$/ }, async ({ path: file }) => ({
      contents: straightened(await readFile(file, 'utf8'), file),
      loader: file.endsWith('x') ? 'tsx' : 'ts',
    }))
  },
}

const throughDoor = /^(import|export) \{([^}]*)\} from '(\.[^']*\/index\.ts)'$/gm

/** @param file where the text is, absolute */
export function straightened(text: string, file: string): string {
  return text.replace(throughDoor, (_, keyword: string, list: string, door: string) =>
    namesIn(list)
      .map(
        ({ name, as }) =>
          `${keyword} { ${name} as ${as} } from '${origin(path.resolve(file, '..', door), name, file)}'`,
      )
      .join('\n'),
  )
}

/** The values of a list of imports or exports; types are nothing to a bundler. */
function namesIn(list: string): readonly { readonly name: string; readonly as: string }[] {
  return list
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '' && !item.startsWith('type '))
    .map((item) => {
      const [name = '', as = name] = item.split(' as ')
      return { name, as }
    })
}

/** The file that a name really comes from, as an import from `file` writes it. */
function origin(door: string, wanted: string, file: string): string {
  let [at, name] = [door, wanted]
  for (let next = exportOf(at, name); next; next = exportOf(at, name)) {
    at = path.resolve(at, '..', next.from)
    name = next.name
  }
  if (name !== wanted) throw new Error(`${door} renames ${name} to ${wanted}: import it where it is`)
  const relative = path.relative(path.dirname(file), at)
  return relative.startsWith('.') ? relative : `./${relative}`
}

/** Where a door has a name from; undefined for what is in the file itself. */
function exportOf(door: string, wanted: string): { readonly from: string; readonly name: string } | undefined {
  if (path.basename(door) !== 'index.ts') return undefined
  for (const [, list = '', from = ''] of readFileSync(door, 'utf8').matchAll(/^export \{([^}]*)\} from '([^']+)'$/gm)) {
    const found = namesIn(list).find(({ as }) => as === wanted)
    if (found) return { from, name: found.name }
  }
  return undefined
}
