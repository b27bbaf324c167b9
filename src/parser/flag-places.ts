import { createRequire } from 'node:module'
import type { Flag } from 'dockerfile-ast'
import type { Lexeme } from './characters.ts'

/** Where the value of a flag stands, and the `key=value` options that commas part in it. */
export interface FlagPlaces {
  readonly value: Lexeme
  readonly options: readonly Lexeme[]
}

/** Characters of an instruction in which places within flags are looked for. */
const textLimit = 1 << 16

/**
 * Places within the flags of an instruction, so that an error can point at `biuld` in `--from=biuld`. They come from
 * dockerfile-ast. It parts a flag at a quoted blank, so a place counts only in a flag that it sees from the same start
 * to the same end as BuildKit does; any other flag is blamed as a whole.
 * @param text the instruction on one line
 * @param flags where BuildKit sees flags in it
 */
export function flagPlaces(text: string, flags: readonly Lexeme[]): ReadonlyMap<Lexeme, FlagPlaces> {
  const places = new Map<Lexeme, FlagPlaces>()
  if (flags.length === 0 || text.length > textLimit) return places
  const seen = new Map(astFlags(text).map((flag) => [flag.getRange().start.character, flag]))
  for (const flag of flags) {
    const found = seen.get(flag.start)
    const value = found?.getValueRange()
    if (!found || !value || found.getRange().end.character !== flag.end) continue
    const options = found.getOptions().map((option) => partOf(text, option.getRange()))
    places.set(flag, { value: partOf(text, value), options })
  }
  return places
}

/** Loaded with the first flag: most files have none, and loading it takes longer than reading them. */
function dockerfileAst(): typeof import('dockerfile-ast') {
  return createRequire(import.meta.url)('dockerfile-ast') as typeof import('dockerfile-ast')
}

function astFlags(text: string): readonly Flag[] {
  const { DockerfileParser, ModifiableInstruction } = dockerfileAst()
  const [instruction] = DockerfileParser.parse(text).getInstructions()
  return instruction instanceof ModifiableInstruction ? instruction.getFlags() : []
}

function partOf(text: string, range: ReturnType<Flag['getRange']>): Lexeme {
  const [start, end] = [range.start.character, range.end.character]
  return { text: text.slice(start, end), start, end }
}
