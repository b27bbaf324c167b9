/** Permission bits, set-id and sticky bits included, before and after. */
export type ModeFunction = (mode: number, isDirectory: boolean) => number

/**
 * Reads `u=rwX,go=rX` as the setmode(3) of the BSDs does, which BuildKit follows. What differs from chmod of GNU: `=` takes
 * set-id bits away from directories too, and the sticky bit from nothing; `o` alone never means `s` or `t`;
 * `-X` is `-x`.
 * @returns undefined for what is no symbolic mode
 * @see https://man.freebsd.org/cgi/man.cgi?query=setmode&sektion=3
 */
export function parseSymbolicMode(text: string): ModeFunction | undefined {
  const clauses = text.split(',').map((clause) => clausePattern.exec(clause))
  if (!clauses.every((match) => match !== null)) return undefined
  const steps = clauses.flatMap(([, who = '', actions = '']) =>
    [...actions.matchAll(actionPattern)].flatMap(([, operator = '', letters = '']) =>
      stepsOf(bitsOf(who), operator, letters),
    ),
  )
  return (mode, isDirectory) => {
    const executes = isDirectory || (mode & execute) !== 0
    return steps.reduce((bits, step) => step(bits, executes), mode)
  }
}

const clausePattern = /^([ugoa]*)((?:[=+-][rwxXstugo]*)+)$/
const actionPattern = /([=+-])([rwxXstugo]*)/g

/** @param executes the file is a directory, or had some `x` before all steps */
type Step = (mode: number, executes: boolean) => number

const execute = 0o111
const sticky = 0o1000
const others = 0o007
const allButSticky = 0o6777

const classBits: Readonly<Record<string, number>> = { u: 0o4700, g: 0o2070, o: others, a: allButSticky }
const letterBits: Readonly<Record<string, number>> = { r: 0o444, w: 0o222, x: execute, s: 0o6000, t: sticky }
const shifts: Readonly<Record<string, number>> = { u: 6, g: 3, o: 0 }

/** The bits of the classes that are named; 0 for none, which means all. */
function bitsOf(classes: string): number {
  return [...classes].reduce((bits, name) => bits | (classBits[name] ?? 0), 0)
}

/** One action, such as `+rX` or `=gw`: letters are gathered, and done before a class is copied and at the end. */
function stepsOf(who: number, operator: string, letters: string): readonly Step[] {
  const steps: Step[] = []
  const [special, copied] = [who === 0 || (who & ~others) !== 0, /[ugo]/.test(letters)]
  let [reach, bits, conditional] = [who, 0, false]
  const flush = (always: boolean) => {
    if (bits !== 0 || always) steps.push(change(operator, reach, bits))
    if (conditional) steps.push(changeExecute(operator, reach))
    ;[bits, conditional] = [0, false]
  }
  for (const letter of letters) {
    if (letter in shifts) {
      flush(false)
      steps.push(copyClass(operator, reach, letter))
    } else if (letter === 'X') conditional = true
    else if (special || !/[st]/.test(letter)) {
      bits |= letterBits[letter] ?? 0
      if (letter === 't') reach |= sticky
    }
  }
  flush(operator === '=' && !copied)
  return steps
}

function change(operator: string, reach: number, bits: number): Step {
  const wanted = reach === 0 ? bits : bits & reach
  if (operator === '+') return (mode) => mode | wanted
  if (operator === '-') return (mode) => mode & ~wanted
  return (mode) => (mode & ~(reach || allButSticky)) | wanted
}

/** `X`. After `=` the bits are cleared already. */
function changeExecute(operator: string, reach: number): Step {
  if (operator === '-') return change('-', reach, execute)
  const step = change('+', reach, execute)
  return (mode, executes) => (executes ? step(mode, executes) : mode)
}

function copyClass(operator: string, reach: number, from: string): Step {
  const targets = Object.values(shifts).filter((shift) => reach === 0 || (reach & (4 << shift)) !== 0)
  const spread = (value: number) => targets.reduce((bits, shift) => bits | (value << shift), 0)
  return (mode) => {
    const value = (mode >> (shifts[from] ?? 0)) & 7
    if (operator === '-') return mode & ~spread(value)
    return (operator === '=' ? mode & ~spread(7) : mode) | spread(value)
  }
}
