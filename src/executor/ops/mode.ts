import { TsbuildError } from '../../errors.ts'

/** Changes permission bits: what `--chmod` means for one file. */
export interface ModeChange {
  /** True for an octal mode, which directories made on the way get too. */
  readonly absolute: boolean
  apply(mode: number, isDirectory: boolean): number
}

/**
 * Reads `0755` or `u=rwX,go=rX`.
 * @throws {TsbuildError} TSB_CHMOD for anything else
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/chmod.html
 */
export function parseMode(text: string): ModeChange {
  if (/^[0-7]+$/.test(text)) {
    const mode = Number.parseInt(text, 8)
    if (mode <= 0o7777) return { absolute: true, apply: () => mode }
  }
  const clauses = /[=+-]/.test(text) ? text.split(',').map(parseClause) : []
  if (clauses.length === 0 || clauses.includes(undefined)) throw invalidMode(text)
  const steps = clauses.flatMap((clause) => clause ?? [])
  return {
    absolute: false,
    apply: (mode, isDirectory) => steps.reduce((bits, step) => step(bits, isDirectory), mode),
  }
}

type Step = (mode: number, isDirectory: boolean) => number

function invalidMode(text: string): TsbuildError {
  return new TsbuildError(
    'TSB_CHMOD',
    `invalid chmod parameter: '${text}'. it should be octal string and between 0 and 07777`,
    { hint: 'or a symbolic mode, such as u=rwX,go=rX' },
  )
}

/** One part between commas: `ug+rw-x`. */
function parseClause(clause: string): readonly Step[] | undefined {
  const who = /^[ugoa]*/.exec(clause)?.[0] ?? ''
  const actions = clause.slice(who.length)
  const parsed = [...actions.matchAll(/([=+-])([rwxXst]*|[ugo])(?=[=+-]|$)/g)]
  if (parsed.length === 0 || parsed.map((match) => match[0]).join('') !== actions) return undefined
  const classes = who === '' || who.includes('a') ? 'ugo' : who
  return parsed.map((match) => stepOf(classes, match[1] ?? '=', match[2] ?? ''))
}

function stepOf(classes: string, operator: string, permissions: string): Step {
  return (mode, isDirectory) => {
    const bits = bitsFor(classes, permissions, mode, isDirectory)
    if (operator === '+') return mode | bits
    if (operator === '-') return mode & ~bits
    return (mode & ~maskOf(classes, isDirectory)) | bits
  }
}

const shifts: Readonly<Record<string, number>> = { u: 6, g: 3, o: 0 }
const special: Readonly<Record<string, number>> = { u: 0o4000, g: 0o2000, o: 0 }

function bitsFor(classes: string, permissions: string, mode: number, isDirectory: boolean): number {
  const rwx = permissionBits(permissions, mode, isDirectory)
  let bits = permissions.includes('t') && classes.includes('o') ? 0o1000 : 0
  for (const one of classes) {
    bits |= rwx << (shifts[one] ?? 0)
    if (permissions.includes('s')) bits |= special[one] ?? 0
  }
  return bits
}

/** The three bits that the letters mean; `X` is `x` for what is a directory or may be executed already. */
function permissionBits(permissions: string, mode: number, isDirectory: boolean): number {
  const copied = shifts[permissions]
  if (copied !== undefined) return (mode >> copied) & 7
  const execute = permissions.includes('x') || (permissions.includes('X') && (isDirectory || (mode & 0o111) !== 0))
  return (permissions.includes('r') ? 4 : 0) | (permissions.includes('w') ? 2 : 0) | (execute ? 1 : 0)
}

/** What `=` clears. A directory keeps its setuid and setgid bits, as chmod does. */
function maskOf(classes: string, isDirectory: boolean): number {
  let mask = classes.includes('o') ? 0o1000 : 0
  for (const one of classes) mask |= (7 << (shifts[one] ?? 0)) | (isDirectory ? 0 : (special[one] ?? 0))
  return mask
}
