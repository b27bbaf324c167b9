import { expect, test } from 'vitest'
import { imageConfig, planText } from '../../support/planning.ts'

async function messages(rule: string, text: string, layers = 0): Promise<readonly string[]> {
  const base = { ...imageConfig(), rootfs: { type: 'layers' as const, diff_ids: layersOf(layers) } }
  const { warnings } = await planText(text, {}, { base })
  return warnings.filter((warning) => warning.rule === rule).map(({ message }) => message)
}

function layersOf(count: number) {
  const [one] = imageConfig().rootfs.diff_ids
  return Array.from({ length: count }, () => one).flatMap((layer) => layer ?? [])
}

test('an image of 120 layers is told of, those of its base included', async () => {
  const lines = (count: number) => Array.from({ length: count }, (_, i) => `RUN ${i}\n`).join('')
  expect(await messages('tsbuild/LayerCount', `FROM base\n${lines(20)}ENV A=1\n`, 100)).toEqual([
    'The image has 120 layers, and runtimes take up to 127: join RUN and COPY instructions',
  ])
  expect(await messages('tsbuild/LayerCount', `FROM base\n${lines(19)}ENV A=1\n`, 100)).toEqual([])
})

test('EXPOSE of a variable that is not set is told of, by a rule of its own: BuildKit does not', async () => {
  expect(await messages('tsbuild/UndefinedPort', 'FROM scratch\nENV PORT=1\nEXPOSE $PORTS 80\n')).toEqual([
    "Usage of undefined variable '$PORTS' (did you mean $PORT?)",
  ])
  expect(await messages('UndefinedVar', 'FROM scratch\nEXPOSE $PORTS 80\n')).toEqual([])
})

test('the rules of tsbuild are skipped by their whole name, by all, and for one instruction', async () => {
  const rule = 'tsbuild/JSONFormFallback'
  const line = 'RUN ["a",]\n'
  expect(await messages(rule, `# check=skip=${rule}\nFROM scratch\n${line}`)).toEqual([])
  expect(await messages(rule, `# check=skip=all\nFROM scratch\n${line}`)).toEqual([])
  expect(await messages(rule, `FROM scratch\n# check=skip=${rule}\n${line}`)).toEqual([])
  expect(await messages(rule, `# check=skip=JSONFormFallback\nFROM scratch\n${line}`)).toHaveLength(1)
})

test('an image that COPY or a mount names for another platform is told of', async () => {
  const arm = { ...imageConfig(), architecture: 'arm64' }
  const { warnings } = await planText(
    'FROM scratch\nCOPY --from=tool /x /x\nRUN --mount=from=tool,target=/t y\n',
    {},
    { tool: arm },
  )
  expect(warnings.map(({ rule, at }) => [rule, at?.start.line])).toEqual([
    ['InvalidBaseImagePlatform', 1],
    ['InvalidBaseImagePlatform', 2],
  ])
})

test('an ARG of an ONBUILD trigger asks for a build argument', async () => {
  const config = imageConfig()
  const base = { ...config, config: { ...config.config, OnBuild: ['ARG FROM_BASE'] } }
  const buildArgs = new Map(['FROM_BASE', 'FROM_STAGE', 'NOBODY'].map((name) => [name, '1']))
  const text = 'FROM base AS a\nONBUILD ARG FROM_STAGE\nFROM a\n'
  const { warnings } = await planText(text, { buildArgs }, { base })
  expect(warnings.map(({ message }) => message)).toEqual(['One or more build-args [NOBODY] were not consumed'])
})
