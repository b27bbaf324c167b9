import { describe, expect, test } from 'vitest'
import { mergeNodes } from '../../src/graph/index.ts'
import type { ImageConfig } from '../../src/image/index.ts'
import { parsePlatform } from '../../src/image/index.ts'
import { imageConfig, opsOf, planText } from '../support/planning.ts'

const amd64 = { os: 'linux', architecture: 'amd64' }

/** Plans for amd64 machines; each image is there for every platform that is asked for. */
async function planFor(text: string, platform: string, images: Readonly<Record<string, ImageConfig>> = {}) {
  return planText(text, { platform: parsePlatform(platform, amd64), severalPlatforms: true }, images)
}

const labelsOf = ({ nodes }: Awaited<ReturnType<typeof planFor>>) => nodes.map(({ label }) => label)

describe('a build for several platforms', () => {
  test('says of each step which platform it is for', async () => {
    const plan = await planFor(
      'FROM scratch AS a\nCOPY x /\nFROM scratch\nCOPY --from=a / /\nWORKDIR /w\n',
      'linux/arm/v7',
    )
    expect(labelsOf(plan)).toEqual([
      'FROM scratch',
      '[internal] load build context',
      '[linux/arm/v7 a 1/1] COPY x /',
      '[linux/arm/v7 stage-1 1/2] COPY --from=a / /',
      '[linux/arm/v7 stage-1 2/2] WORKDIR /w',
    ])
  })

  test('says what a stage of another platform builds for, once it asks', async () => {
    const text =
      'FROM --platform=$BUILDPLATFORM base AS b\nRUN one\nARG TARGETARCH\nRUN two\nFROM scratch\nCOPY --from=b / /\n'
    const labels = labelsOf(await planFor(text, 'linux/arm64', { base: imageConfig() })).slice(1, 3)
    expect(labels).toEqual(['[linux/amd64 b 2/3] RUN one', '[linux/amd64->arm64 b 3/3] RUN two'])
  })

  test('one platform has no name in its labels', async () => {
    const plan = await planText('FROM scratch\nCOPY x /\n', { platform: parsePlatform('linux/arm64', amd64) })
    expect(plan.nodes.at(-1)?.label).toBe('[1/1] COPY x /')
  })

  test('ops that do not depend on the platform are the same op', async () => {
    const text =
      'FROM --platform=$BUILDPLATFORM base AS b\nRUN shared\nFROM b AS c\nARG TARGETARCH\nRUN each\nFROM scratch\nCOPY --from=c / /\n'
    const plans = await Promise.all(
      ['linux/amd64', 'linux/arm64'].map((at) => planFor(text, at, { base: imageConfig() })),
    )
    const merged = mergeNodes(plans)
    const runs = merged.flatMap(({ op }) => (op.kind === 'run' ? [op.argv.at(-1)] : []))
    expect(runs).toEqual(['shared', 'each', 'each'])
    expect(merged.map(({ op }) => op.kind)).toEqual(['image', 'run', 'run', 'scratch', 'copy', 'run', 'copy'])
  })
})

describe('a RUN with programs of another machine', () => {
  const base = { base: { ...imageConfig(), architecture: 'arm64' } }
  const emulated = async (text: string, platform: string, images: Readonly<Record<string, ImageConfig>>) =>
    (await planFor(text, platform, images)).nodes.flatMap(({ emulates }) => emulates ?? [])

  test('is known when it is planned', async () => {
    const arm64 = { os: 'linux', architecture: 'arm64' }
    expect(await emulated('FROM base\nRUN one\nCOPY x /\n', 'linux/arm64', base)).toEqual([arm64])
  })

  test('is none where the base is for this machine, whatever was asked for', async () => {
    expect(await emulated('FROM base\nRUN one\n', 'linux/arm64', { base: imageConfig() })).toEqual([])
    const cross = 'FROM --platform=$BUILDPLATFORM base AS b\nRUN one\nFROM scratch\nCOPY --from=b / /\n'
    expect(await emulated(cross, 'linux/arm64', { base: imageConfig() })).toEqual([])
  })

  test('changes no op', async () => {
    const plan = await planFor('FROM base\nRUN one\n', 'linux/arm64', base)
    expect(Object.keys(opsOf(plan, 'run')[0] ?? {})).not.toContain('emulates')
  })
})
