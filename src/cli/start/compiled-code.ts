import { hash } from 'node:crypto'
import { lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { constants, Script } from 'node:vm'
import { isTrusted } from './caches.ts'

/** Where compiled code is kept, and what it is kept of. */
export interface CompiledCodePlaces {
  /** Of the user; made when something is kept. Without it nothing is kept. */
  readonly folder: string | undefined
  /** Made when the program was installed: as trustworthy as the program, and read where the first has nothing. */
  readonly installed: string | undefined
  /** Does something under the flags that V8 started with. */
  readonly withFlagsOfStart: <T>(work: () => T) => T
}

/** A script and where it came from. */
interface Loaded {
  readonly name: string
  readonly script: Script
  /** The runs of this user whose functions are in what it was started with. */
  readonly sorts: readonly string[]
  /** Bytes of that. */
  readonly size: number
}

/** Code of runs that went before, for the next to start with. */
export interface CompiledCode {
  /**
   * @param name of the file, `cli.cjs`
   * @param filename what stacks say
   */
  script(name: string, filename: string, source: string): Script
  /**
   * Keeps what V8 has compiled by now, unless a run of this sort has done so before.
   * @param sort what tells runs apart that need other functions: `build`
   */
  keep(sort: string): void
}

/**
 * Node keeps the functions that V8 compiles while it reads a file: few. The others are compiled when they are first called, which
 * is a third of a build in which all is cached. Here a script is kept as it is at the end of a run, and so with all functions that
 * the run called (decision 0055). What cannot be read or written is as if it was not there.
 */
export function openCompiledCode(places: CompiledCodePlaces): CompiledCode {
  const loaded: Loaded[] = []
  const own = places.folder !== undefined && isOurs(places.folder) ? places.folder : undefined
  return {
    script(name, filename, source) {
      const options = { filename, importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER }
      const startedWith = (kept: Kept | undefined) => {
        if (!kept) return undefined
        const { code: cachedData } = kept
        const script = places.withFlagsOfStart(() => new Script(source, { ...options, cachedData }))
        return script.cachedDataRejected === true ? undefined : { script, sorts: kept.sorts, size: kept.code.length }
      }
      const mine = startedWith(readKept(own, name))
      const found = mine ?? startedWith(readKept(places.installed, name))
      const { script, size } = found ?? { script: new Script(source, options), size: 0 }
      loaded.push({ name, script, sorts: mine?.sorts ?? [], size })
      return script
    },
    keep(sort) {
      if (places.folder === undefined) return
      const whole = [sort, ...loaded.map(({ name }) => name)].join(' ')
      const lacking = loaded.filter(({ sorts }) => sorts.length < mostSorts && !sorts.includes(whole))
      if (lacking.length === 0) return
      try {
        if (own === undefined) makeFolder(places.folder)
        sweep(places.folder)
        for (const { name, script, sorts, size } of lacking) {
          const now = places.withFlagsOfStart(() => script.createCachedData())
          // V8 lets go of what it has not run for some garbage collections.
          const before = now.length < size ? (readKept(own, name) ?? readKept(places.installed, name)) : undefined
          writeKept(places.folder, name, { sorts: [...sorts, whole], code: before?.code ?? now })
        }
      } catch {
        // No room, no right: the next run compiles what it calls.
      }
    },
  }
}

/** That many sorts of runs add what they called; by then all that matters is there. */
const mostSorts = 48

/** Others could put code for us to run where they may write: such a folder is none. */
function isOurs(folder: string): boolean {
  try {
    const found = lstatSync(folder, { throwIfNoEntry: false })
    return found?.isDirectory() === true && isTrusted(found)
  } catch {
    return false
  }
}

/** Of other versions, of Node or of the program, those that nothing was added to for a month are removed. */
function makeFolder(folder: string): void {
  const [above, month] = [path.dirname(folder), 30 * 24 * 3600 * 1000]
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (!isOurs(folder)) throw new Error('not ours')
  for (const name of readdirSync(above).filter((other) => folderName.test(other))) {
    const other = path.join(above, name)
    const { mtimeMs = Date.now() } = lstatSync(other, { throwIfNoEntry: false }) ?? {}
    if (Date.now() - mtimeMs > month) rmSync(other, { recursive: true, force: true })
  }
}

const folderName = /^tsbuild-v[\w.-]+-[0-9a-f]{16}$/

/** What runs that were killed began to write. */
function sweep(folder: string): void {
  for (const name of readdirSync(folder).filter((one) => /\.\d+$/.test(one))) {
    const file = path.join(folder, name)
    const { mtimeMs = Date.now() } = lstatSync(file, { throwIfNoEntry: false }) ?? {}
    if (Date.now() - mtimeMs > 3600 * 1000) rmSync(file, { force: true })
  }
}

/**
 * The name of a folder for what this Node makes of this program: V8 itself looks at its own version and flags, and at no more of
 * the source than its length.
 * @param flags of Node and V8; what was compiled under others is refused
 */
export function compiledFolderName(program: string, flags: readonly string[]): string {
  const about = hash('sha256', JSON.stringify([program, ...flags])).slice(0, 16)
  return `tsbuild-${process.version}-${process.arch}-${about}`
}

interface Kept {
  readonly sorts: readonly string[]
  readonly code: Buffer
}

/** sha256 of what follows, 32 bytes; the length of the sorts, 4 bytes; the sorts, in lines; the code. */
function writeKept(folder: string, name: string, { sorts, code }: Kept): void {
  const lines = Buffer.from(sorts.join('\n'))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(lines.length)
  const body = Buffer.concat([length, lines, code])
  const file = path.join(folder, `${name}.${process.pid}`)
  try {
    writeFileSync(file, Buffer.concat([hash('sha256', body, 'buffer'), body]), { mode: 0o600 })
    renameSync(file, path.join(folder, name))
  } catch (error) {
    rmSync(file, { force: true })
    throw error
  }
}

/** V8 trusts what it is given, so that is looked at first: a file may be damaged or half written. */
function readKept(folder: string | undefined, name: string): Kept | undefined {
  if (folder === undefined) return undefined
  let bytes: Buffer
  try {
    bytes = readFileSync(path.join(folder, name))
  } catch {
    return undefined
  }
  if (bytes.length < 36) return undefined
  const body = bytes.subarray(32)
  if (!hash('sha256', body, 'buffer').equals(bytes.subarray(0, 32))) return undefined
  const end = 4 + body.readUInt32LE()
  return { sorts: body.toString('utf8', 4, end).split('\n'), code: body.subarray(end) }
}
