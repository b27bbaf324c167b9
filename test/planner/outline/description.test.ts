import { describe, expect, it } from 'vitest'
import { type ArgInstruction, parse } from '../../../src/parser/index.ts'
import { descriptionOf } from '../../../src/planner/outline/description.ts'
import { conformanceTable } from '../../support/conformance-table.ts'

interface Arg {
  readonly key: string
  readonly docComment: string
}

interface Row {
  readonly dockerfile: string
  readonly stages: readonly { readonly name: string; readonly docComment: string; readonly args: readonly Arg[][] }[]
  readonly metaArgs: readonly Arg[][]
}

conformanceTable<Row>('instructions.json', 'docComments', ['dockerfile', 'stages', 'metaArgs'], (row) => {
  const { globalArgs, stages } = parse({ name: 'Dockerfile', text: row.dockerfile })
  expect(globalArgs.map(described)).toEqual(row.metaArgs)
  const shown = stages.map(({ name = '', from, instructions }) => ({
    name,
    docComment: descriptionOf(name, from.comments) ?? '',
    args: instructions.flatMap((line) => (line.kind === 'arg' ? [described(line)] : [])),
  }))
  expect(shown).toEqual(row.stages)
})

function described({ args, comments }: ArgInstruction): readonly Arg[] {
  return args.map(({ name }) => ({ key: name, docComment: descriptionOf(name, comments) ?? '' }))
}

describe('the description of a name', () => {
  it.each([
    ['is what follows the name', ['port to listen on'], 'to listen on'],
    ['is the first comment that begins with the name', ['about ports', 'port one', 'port two'], 'one'],
    ['is not in a comment with the name alone', ['port'], undefined],
    ['is not in a comment about a longer name', ['portable code'], undefined],
    ['is not in a comment in another case', ['Port to listen on'], undefined],
  ])('%s', (_, comments, description) => expect(descriptionOf('port', comments)).toBe(description))
})
