// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are Dockerfiles
import { describe, expect, test } from 'vitest'
import { imageConfig, planText } from '../../support/planning.ts'

async function hidden(text: string, buildArgs: Readonly<Record<string, string>> = {}): Promise<readonly number[]> {
  const base = imageConfig({ Env: ['VERSION=1', 'PATH=/bin'] })
  const { warnings } = await planText(text, { buildArgs: new Map(Object.entries(buildArgs)) }, { base })
  return warnings.flatMap(({ rule, at }) => (rule === 'tsbuild/HiddenArg' ? [(at?.start.line ?? -1) + 1] : []))
}

describe('ENV after ARG', () => {
  test('of the same name and with a value of its own hides the argument', async () => {
    expect(await hidden('FROM scratch\nARG V=1\nENV V=2\n')).toEqual([3])
    expect(await hidden('FROM scratch\nARG A B\nENV C=1 B=2\n')).toEqual([3])
  })

  test.each(['V=$V', 'V=${V}', 'V=v${V:-2}', 'V $V'])('%s hands it on', async (pair) => {
    expect(await hidden(`FROM scratch\nARG V=1\nENV ${pair}\nENV V=3\n`)).toEqual([])
  })

  test('of another stage is no matter', async () => {
    expect(await hidden('FROM scratch AS a\nARG V=1\nFROM a\nENV V=2\n')).toEqual([])
  })
})

describe('ARG after ENV', () => {
  test('with another value hides the variable, also that of a base image', async () => {
    expect(await hidden('FROM scratch\nENV V=1\nARG V=2\n')).toEqual([3])
    expect(await hidden('FROM base\nARG VERSION=2\n')).toEqual([2])
    expect(await hidden('FROM base\nARG VERSION\n', { VERSION: '2' })).toEqual([2])
  })

  test('with the same value or none does not', async () => {
    expect(await hidden('FROM base\nARG VERSION=1\n')).toEqual([])
    expect(await hidden('FROM base\nARG VERSION\n')).toEqual([])
    expect(await hidden('ARG V=1\nFROM scratch AS a\nARG V\nENV V=$V\nFROM a\nARG V\n', { V: '3' })).toEqual([])
  })
})
