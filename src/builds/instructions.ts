/** An instruction of a Dockerfile, as far as advice needs to know it. */
export interface WrittenInstruction {
  /** In capitals. */
  readonly keyword: string
  /** All of it, heredocs included. */
  readonly text: string
  /** From 1 on. */
  readonly line: number
}

/** What stands before and after an instruction of a stage. */
export interface Surroundings {
  /** Also that of the stages which the stage stands on. */
  readonly before: readonly WrittenInstruction[]
  /** Also that of the stages which stand on the stage. */
  readonly after: readonly WrittenInstruction[]
}

/**
 * @param text of a Dockerfile that was built: nothing in it is checked
 * @param line in which the instruction begins
 */
export function instructionsAround(text: string, line: number): Surroundings {
  const stages = stagesOf(text)
  const own = stages.findLastIndex((stage) => (stage[0]?.line ?? 0) <= line)
  if (own < 0) return { before: [], after: [] }
  const [below, above] = [stagesBelow(stages, own), stagesAbove(stages, own)]
  return {
    before: below.flat().filter((instruction) => instruction.line < line),
    after: [own, ...above].flatMap((i) => stages[i] ?? []).filter((instruction) => instruction.line > line),
  }
}

type Stage = readonly WrittenInstruction[]

/** Ends with the stage itself. */
function stagesBelow(stages: readonly Stage[], index: number): readonly Stage[] {
  const below = baseOf(stages, index)
  const own = stages[index] ?? []
  return below < 0 ? [own] : [...stagesBelow(stages, below), own]
}

function stagesAbove(stages: readonly Stage[], index: number): readonly number[] {
  const others = stages.flatMap((_, i) => (i > index && baseOf(stages, i) === index ? [i] : []))
  return others.flatMap((i) => [i, ...stagesAbove(stages, i)])
}

/** The stage that one stands on; -1 for none. */
function baseOf(stages: readonly Stage[], index: number): number {
  const { base } = fromOf(stages[index] ?? [])
  return stages.findLastIndex((stage, i) => i < index && base !== '' && fromOf(stage).name === base)
}

function fromOf([from]: Stage): { readonly base: string; readonly name: string } {
  const [, base = '', name = ''] = /^FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?/i.exec(from?.text ?? '') ?? []
  return { base: base.toLowerCase(), name: name.toLowerCase() }
}

/** Each begins with its FROM; what is above the first one is in none. */
function stagesOf(text: string): readonly Stage[] {
  const stages: WrittenInstruction[][] = []
  for (const instruction of instructionsOf(text)) {
    if (instruction.keyword === 'FROM') stages.push([instruction])
    else stages.at(-1)?.push(instruction)
  }
  return stages
}

function* instructionsOf(text: string): Generator<WrittenInstruction> {
  const lines = text.split('\n')
  const goesOn = /^#\s*escape\s*=\s*`/im.test(text) ? /`\s*$|^\s*(?:#.*)?$/ : /\\\s*$|^\s*(?:#.*)?$/
  for (let at = 0; at < lines.length; at++) {
    const keyword = /^\s*([A-Za-z]+)\s/.exec(lines[at] ?? '')?.[1]?.toUpperCase()
    if (keyword === undefined) continue
    const start = at
    while (goesOn.test(lines[at] ?? '') && at + 1 < lines.length) at++
    const written = lines.slice(start, at + 1).filter((line) => !/^\s*#/.test(line))
    for (const end of heredocEnds(keyword, written.join('\n'))) {
      while (at + 1 < lines.length && lines[at]?.replace(/^\t+/, '').trimEnd() !== end) written.push(lines[++at] ?? '')
    }
    yield { keyword, text: written.join('\n').trim(), line: start + 1 }
  }
}

function heredocEnds(keyword: string, text: string): readonly string[] {
  if (!/^(?:RUN|COPY|ADD)$/.test(keyword)) return []
  return [...text.matchAll(/<<-?\s*["']?([A-Za-z_]\w*)["']?/g)].map(([, name = '']) => name)
}
