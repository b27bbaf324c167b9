import { absolutePath, joinPath } from '../../tree/index.ts'
import { type Advice, type Clue, inLastLines } from './clue.ts'
import { entryAt, fileAt, isMounted, pathIn, shownPath } from './files.ts'
import { installing } from './packages.ts'

/** True when nothing is there, as far as the image goes. */
function isMissing(clue: Clue, name: string): boolean {
  const path = pathIn(clue, name)
  return !isMounted(clue, path) && entryAt(clue, path) === undefined
}

/** Files that a package manager reads and that no COPY has brought yet. */
export const npmFiles: Advice = (clue) => {
  if (/npm (?:error|ERR!)/.test(clue.output) && isMissing(clue, 'package.json') && /package\.json/.test(clue.output)) {
    return missing(clue, 'package.json', 'COPY package.json package-lock.json ./')
  }
  if (!/`npm ci` can only install|npm ci.*package-lock\.json|lockfileVersion/.test(clue.output)) return undefined
  if (!isMissing(clue, 'package-lock.json') || !isMissing(clue, 'npm-shrinkwrap.json')) return undefined
  return `${missing(clue, 'package-lock.json', 'COPY package.json package-lock.json ./')}, unless .dockerignore names it; without one, npm install`
}

export const yarnLock: Advice = (clue) => {
  const lock = ['yarn.lock', 'pnpm-lock.yaml'].find((name) => clue.output.includes(name))
  if (lock === undefined || !isMissing(clue, lock)) return undefined
  return /frozen[- ]lockfile|NO_LOCKFILE|lockfile would have been|immutable/i.test(clue.output)
    ? missing(clue, lock, `COPY package.json ${lock} ./`)
    : undefined
}

export const pipFiles: Advice = (clue) => {
  const name = inLastLines(clue, /Could not open requirements file: .*'([^']{1,200})'/)?.[1]
  if (name !== undefined && isMissing(clue, name)) return missing(clue, name, `COPY ${name} ./`)
  if (/error: externally-managed-environment/.test(clue.output)) {
    return 'the Python of this image belongs to its package manager: python3 -m venv /venv and /venv/bin/pip install, or pip install --break-system-packages'
  }
  const compiler = /error: command '(gcc|g\+\+|cc)' failed: No such file|unable to execute '(gcc|g\+\+|cc)'/.exec(
    clue.output,
  )
  if (!compiler) return undefined
  const way = installing(clue, compiler[1] === 'g++' || compiler[2] === 'g++' ? 'g++' : 'gcc')
  return `a package is compiled, and the image has no compiler${way ? `: ${way} brings it` : ''}`
}

export const goFiles: Advice = (clue) => {
  const isTold = /go\.mod file not found in current directory/.test(clue.output)
  return isTold && isMissing(clue, 'go.mod') ? missing(clue, 'go.mod', 'COPY go.mod go.sum ./') : undefined
}

/** Modules that a COPY brought from a machine of another kind. */
export const foreignModules: Advice = (clue) => {
  if (!/invalid ELF header|wrong ELF class|Exec format error/.test(clue.output)) return undefined
  const modules = joinPath(clue.cwd, 'node_modules')
  const isNamed = /\/node_modules\//.test(clue.output)
  if (!isNamed || (entryAt(clue, modules) === undefined && !fileAt(clue, modules))) return undefined
  return `${absolutePath(modules)} has modules of another kind of machine: name node_modules in .dockerignore, so that COPY does not bring those of yours`
}

function missing(clue: Clue, name: string, way: string): string {
  return `${shownPath(clue, pathIn(clue, name))} was not in the image when the step began: ${way} above it`
}
