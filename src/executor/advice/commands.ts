import { nearest } from '../../errors.ts'
import { absolutePath, type TreePath, treePath } from '../../tree/index.ts'
import { architectureOf, loaderOf } from '../elf.ts'
import { type Advice, type Clue, inLastLines } from './clue.ts'
import { fileAt, headOf, isMounted, namesBeside, pathIn, programAt, programOutsidePath, programsOf } from './files.ts'
import { installing } from './packages.ts'

/** The exec form with a slip in it, as `["a", ]` is: what begins so is no test of a shell, which wants a blank. */
export const brokenExecForm: Advice = ({ op: { argv }, exitCode }) => {
  const text = argv.at(-1) ?? ''
  if (exitCode !== 127 || argv.length < 3 || !/^\[["'“‘]/.test(text)) return undefined
  return 'what stands in brackets is not valid JSON, so that the shell took it for a command: write RUN ["program", "argument"], with double quotes and no comma at the end'
}

const notFound = [
  /^[^\s:]+: (?:line )?(?:\d+: )?([\w.@+/-]{1,200})(\r?): (?:command )?not found$/,
  /^\S*env: [‘'"]?([\w.@+/-]{1,200})(\r|\\r)?[’'"]?: No such file or directory$/,
  /^env: can't execute '([\w.@+/-]{1,200})(\r?)': No such file or directory$/,
  /^[^\s:]+: (?:line )?(?:\d+: )?([\w.@+/-]{1,200})(): cannot execute: required file not found$/,
  /^(?:[^\s:]+: line \d+: )?([\w.@+/-]{1,200})(): \S+: bad interpreter: No such file or directory$/,
]

/** A command that no folder of PATH has, or a file that is there and whose interpreter is not. */
export const commandNotFound: Advice = (clue) => {
  if (clue.exitCode !== 127 && clue.exitCode !== 126) return undefined
  const name = notFound.map((pattern) => inLastLines(clue, pattern)?.[1]).find(Boolean)
  return name === undefined ? undefined : whyNotFound(clue, name)
}

/** What can be said of a name that could not be executed. */
export async function whyNotFound(clue: Clue, name: string): Promise<string | undefined> {
  if (!name.includes('/')) {
    const path = programAt(clue, name)
    return path === undefined ? inNoFolder(clue, name) : whatItNeeds(clue, path)
  }
  const path = pathIn(clue, name)
  if (isMounted(clue, path)) return undefined
  if (fileAt(clue, path)) return whatItNeeds(clue, path)
  const similar = nearest(path.slice(path.lastIndexOf('/') + 1), namesBeside(clue, path))
  const own =
    clue.op.argv[0] === name
      ? ''
      : ': if the step makes it, the interpreter that its first line asks for may be what is missing'
  const hint = similar === undefined ? own : `; near to it is ${similar}`
  return `${absolutePath(path)} was not in the image when the step began${hint}`
}

function inNoFolder(clue: Clue, name: string): string {
  const outside = programOutsidePath(clue, name)
  if (outside)
    return `${absolutePath(outside)} is in the image, and its folder is not in PATH: ENV PATH="${absolutePath(treePath(`${outside}/..`))}:$PATH"`
  const said = `no folder of PATH has ${name} (${clue.env.get('PATH') ?? 'PATH is not set'})`
  const install = installing(clue, name)
  if (install) return `${said}; ${install} brings it`
  const similar = nearest(name, programsOf(clue))
  return similar === undefined
    ? `${said}: is its package installed in this stage?`
    : `${said}; near to it is ${similar}`
}

/** A file that is there was not found: what its first bytes ask for is not. */
export async function whatItNeeds(clue: Clue, path: TreePath): Promise<string | undefined> {
  const file = fileAt(clue, path)
  if (!file) return undefined
  const head = await headOf(file)
  return scriptNeeds(clue, path, head) ?? programNeeds(clue, path, head)
}

function scriptNeeds(clue: Clue, path: TreePath, head: Buffer): string | undefined {
  const [, program, rest = '', end] = /^#![ \t]*([^\s\0]+)([^\n]*?)(\r?)\n/.exec(head.toString('latin1', 0, 512)) ?? []
  if (program === undefined) return undefined
  if (end === '\r') {
    return `lines of ${absolutePath(path)} end in CR LF, so that its interpreter is looked for with a CR in its name: save it with LF (*.sh text eol=lf in .gitattributes), or RUN sed -i 's/\\r$//' on it`
  }
  if (!fileAt(clue, treePath(program)))
    return `${absolutePath(path)} asks for ${program}, which is not in the image${bringing(clue, program)}`
  const [, named] = /^\s+(?:-S\s+)?([\w.+-]+)/.exec(rest) ?? []
  if (!program.endsWith('/env') || named === undefined || programAt(clue, named)) return undefined
  return `${absolutePath(path)} asks for ${named}, which no folder of PATH has${bringing(clue, named)}`
}

function bringing(clue: Clue, program: string): string {
  const install = installing(clue, program.slice(program.lastIndexOf('/') + 1))
  return install ? `; ${install} brings it` : ''
}

function programNeeds(clue: Clue, path: TreePath, head: Buffer): string | undefined {
  const { architecture } = clue.op.platform
  const found = architectureOf(head)
  if (found !== undefined && found !== architecture) {
    return `${absolutePath(path)} is a program for ${found}, and the step runs on ${architecture}: take the one for ${architecture}, or build with --platform=linux/${found}`
  }
  const loader = loaderOf(head)
  if (loader === undefined || fileAt(clue, treePath(loader))) return undefined
  const libc = loader.includes('musl') ? 'musl (as in Alpine)' : 'glibc (as in Debian)'
  return `${absolutePath(path)} needs ${loader}, which is not in the image: it was made for ${libc}; take one that was made for this base, or a static one`
}

const badFormat = [
  /^[^\s:]+: (?:line )?(?:\d+: )?([\w.@+/-]{1,200}): (?:cannot execute binary file(?:: Exec format error)?|Exec format error)$/i,
  /^exec ([\w.@+/-]{1,200}): exec format error$/i,
]

/** A program of another kind of machine. */
export const execFormat: Advice = (clue) => {
  const name = badFormat.map((pattern) => inLastLines(clue, pattern)?.[1]).find(Boolean)
  if (name === undefined) return undefined
  const path = name.includes('/') ? pathIn(clue, name) : programAt(clue, name)
  return path === undefined ? undefined : whatItNeeds(clue, path)
}

/** A file without permission to execute. */
export const notExecutable: Advice = (clue) => {
  if (clue.exitCode !== 126) return undefined
  const name = inLastLines(clue, /^[^\s:]+: (?:line )?(?:\d+: )?([\w.@+/-]{1,200}): Permission denied$/)?.[1]
  const file = name === undefined ? undefined : fileAt(clue, pathIn(clue, name))
  if (!file || (file.mode & 0o111) !== 0) return undefined
  return `${absolutePath(file.path)} has mode ${mode(file.mode)}, no permission to execute: COPY --chmod=755 or RUN chmod +x gives it`
}

export function mode(bits: number): string {
  return bits.toString(8).padStart(4, '0')
}

const ofBash = [
  /: (?:\d+: )?(\[\[|source|pushd|popd|shopt|declare|mapfile): not found$/,
  /: Illegal option -o (pipefail)$/,
  /Syntax error: "(\()" unexpected/,
  /Bad (substitution)$/,
]

/** Words of bash in a shell that has only those of POSIX. */
export const bashWords: Advice = (clue) => {
  const [shell, option] = clue.op.argv
  if (shell !== '/bin/sh' || option !== '-c') return undefined
  const word = ofBash.map((pattern) => inLastLines(clue, pattern, 5)?.[1]).find(Boolean)
  if (word === undefined) return undefined
  const bash = programAt(clue, 'bash')
  const way = bash ? `SHELL ["${absolutePath(bash)}", "-c"] above makes RUN use it` : installing(clue, 'bash')
  return `/bin/sh of this image does not know ${word} as bash has it${way ? `; ${way}` : ''}`
}

/** CR in a script or heredoc that the shell got. */
export const carriageReturn: Advice = (clue) => {
  const isTold = /\$'[^'\n]*\\r'|Illegal option -(?:\r|\\r)|\r: (?:command )?not found|invalid option name\r?$/.test(
    clue.output,
  )
  if (!isTold || (clue.exitCode !== 127 && clue.exitCode !== 2 && clue.exitCode !== 1)) return undefined
  return 'what the shell read has lines that end in CR LF: save the script with LF (*.sh text eol=lf in .gitattributes)'
}
