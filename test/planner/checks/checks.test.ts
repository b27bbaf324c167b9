import { describe, expect, test } from 'vitest'
import { check } from '../../../src/planner/index.ts'
import { planError, planRequest, planText, stubBases } from '../../support/planning.ts'

/** `rule:line` of each warning of a build. */
async function found(text: string, buildArgs: Readonly<Record<string, string>> = {}): Promise<readonly string[]> {
  const { warnings } = await planText(text, { buildArgs: new Map(Object.entries(buildArgs)) })
  return warnings.map(({ rule, at }) => `${rule}:${at ? at.start.line + 1 : '-'}`)
}

describe('a warning', () => {
  test('has the description of its rule, and where that is explained', async () => {
    const { warnings } = await planText('FROM scratch AS B\n')
    expect(warnings).toMatchObject([
      {
        rule: 'StageNameCasing',
        description: 'Stage names should be lowercase',
        url: 'https://docs.docker.com/go/dockerfile/rule/stage-name-casing/',
      },
    ])
  })

  test('points at the word that it is about', async () => {
    const { warnings } = await planText('FROM scratch\nENV A=1 \\\n  B=$C\n')
    expect(warnings[0]?.at).toMatchObject({ start: { line: 2, column: 4 }, end: { line: 2, column: 6 } })
  })

  test('comes in the order of the file, one without a place last', async () => {
    const text = 'FROM scratch\nENV A 1\nMAINTAINER x\nENV B=$C\nENV D 1\n'
    expect(await found(text, { NOPE: '1' })).toEqual([
      'LegacyKeyValueFormat:2',
      'MaintainerDeprecated:3',
      'UndefinedVar:4',
      'LegacyKeyValueFormat:5',
      'tsbuild/UnusedBuildArg:-',
    ])
  })

  test('of an ONBUILD trigger stands at the FROM that brings it', async () => {
    expect(await found('FROM scratch AS a\nONBUILD ENV A=$B\nFROM a\n')).toEqual(['UndefinedVar:3'])
  })
})

describe('# check=', () => {
  test('above an instruction counts for that instruction alone', async () => {
    expect(await found('FROM scratch\n# check=skip=LegacyKeyValueFormat\nENV A 1\nENV B 1\n')).toEqual([
      'LegacyKeyValueFormat:4',
    ])
  })

  test('above an instruction does not narrow the rules that look at the whole file', async () => {
    expect(await found('FROM scratch\n# check=skip=all\nuser x\n')).toEqual(['ConsistentInstructionCasing:3'])
  })

  test('above an instruction is cut off by an empty comment', async () => {
    expect(await found('FROM scratch\n# check=skip=all\n#\nENV A 1\n')).toEqual(['LegacyKeyValueFormat:4'])
  })

  test('of several above an instruction the first counts, even one that cannot be read', async () => {
    const text = (first: string) => `FROM scratch\n# check=${first}\n# check=skip=LegacyKeyValueFormat\nENV A 1\n`
    expect(await found(text('skip=StageNameCasing'))).toEqual(['LegacyKeyValueFormat:4'])
    expect(await found(text('skipp=all'))).toEqual(['LegacyKeyValueFormat:4'])
  })

  test('takes names that are no rule, in any number', async () => {
    expect(await found('# check=skip=Nope,hadolint/DL3006,LegacyKeyValueFormat\nFROM scratch\nENV A 1\n')).toEqual([])
  })

  test('is told where it cannot be read', async () => {
    expect(await planError('# syntax=docker/dockerfile:1\n# check=skip\nFROM scratch\n')).toMatchObject({
      code: 'TSB_CHECK_OPTIONS',
      message: 'failed to parse check options: invalid check option "skip"',
      at: { start: { line: 1 } },
    })
  })

  test('gives way to the build argument, even where it could not be read', async () => {
    expect(await found('# check=bogus\nFROM scratch\nENV A 1\n', { BUILDKIT_DOCKERFILE_CHECK: '' })).toEqual([
      'LegacyKeyValueFormat:3',
    ])
    const wrong = planError('FROM scratch\n', { buildArgs: new Map([['BUILDKIT_DOCKERFILE_CHECK', 'error=maybe']]) })
    expect(await wrong).toMatchObject({
      code: 'TSB_CHECK_OPTIONS',
      message: expect.stringContaining('build-arg:BUILDKIT_DOCKERFILE_CHECK: failed to parse check option'),
    })
  })
})

describe('error=true', () => {
  test('fails a build that has a warning, and names the rules', async () => {
    const error = await planError('# check=error=true\nFROM scratch AS B\nMAINTAINER x\n')
    expect(error).toMatchObject({
      code: 'TSB_CHECK_FAILED',
      message: 'lint violation found for rules: StageNameCasing, MaintainerDeprecated',
      warnings: [{ rule: 'StageNameCasing' }, { rule: 'MaintainerDeprecated' }],
    })
  })

  test('does not see the rules of tsbuild: the file builds where it builds with BuildKit', async () => {
    expect(await found('# check=error=true\nFROM scratch\nRUN ["a", "b",]\n')).toEqual(['tsbuild/JSONFormFallback:3'])
  })

  test('comes after what is wrong with the file itself', async () => {
    const error = await planError('# check=error=true\nFROM scratch AS B\nVOLUME $X\n')
    expect(error.code).toBe('TSB_VOLUME_EMPTY')
  })
})

describe('a check without a build', () => {
  const checked = (text: string, target?: string) =>
    check({ name: 'Dockerfile', text }, planRequest(target === undefined ? {} : { target }), stubBases({}))

  test('looks at every stage, or at those that the target needs', async () => {
    const text = 'FROM scratch AS a\nENV A 1\nFROM scratch AS b\nENV B 1\n'
    expect((await checked(text)).warnings.map(({ at }) => at?.start.line)).toEqual([1, 3])
    expect((await checked(text, 'a')).warnings.map(({ at }) => at?.start.line)).toEqual([1])
  })

  test('tells what it found before a parse error, and the error with its place', async () => {
    const { warnings, error } = await checked('FROM scratch AS B\nMAINTAINER x\nBADCMD\nMAINTAINER y\n')
    expect(warnings.map(({ rule }) => rule)).toEqual(['StageNameCasing', 'MaintainerDeprecated'])
    expect(error).toMatchObject({ code: 'TSB_UNKNOWN_INSTRUCTION', at: { start: { line: 2 } } })
  })

  test('tells of an error in a stage that a build would not need', async () => {
    const { error } = await checked('FROM scratch AS a\nVOLUME $X\nFROM scratch\n')
    expect(error).toMatchObject({ code: 'TSB_VOLUME_EMPTY', at: { start: { line: 1 } } })
  })

  test('of a file that is none has the error alone', async () => {
    expect(await checked('')).toMatchObject({ warnings: [], error: { code: 'TSB_DOCKERFILE_EMPTY' } })
  })

  test('says whether a build would fail', async () => {
    expect(await checked('# check=error=true\nFROM scratch\n')).toEqual({ warnings: [], errorOnWarning: true })
    expect(await checked('# check=error=true\nFROM scratch AS B\n')).toMatchObject({
      errorOnWarning: true,
      error: { code: 'TSB_CHECK_FAILED' },
    })
  })
})

test('of a file with thousands of warnings the first thousand are kept, and little is thought about the others', async () => {
  const declared = Array.from({ length: 300 }, (_, i) => `ENV V${i}x=1\n`)
  const used = Array.from({ length: 3000 }, (_, i) => `LABEL a=$W${i}y\n`)
  const { warnings } = await planText(`FROM scratch\n${declared.join('')}${used.join('')}`)
  expect(warnings).toHaveLength(1000)
})
