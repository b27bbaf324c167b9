import { describe, expect, it } from 'vitest'
import { TsbuildError } from '../../../src/errors.ts'
import { checkPlan } from '../../../src/graph/index.ts'
import { parse } from '../../../src/parser/index.ts'
import { type NamedContext, plan } from '../../../src/planner/index.ts'
import { imageConfig, opsOf, planError, planRequest, planText, rowsOf, stubBases } from '../../support/planning.ts'

const base = { base: imageConfig({ Env: ['PATH=/bin'], Cmd: ['sh'] }) }
const contexts = (named: Readonly<Record<string, NamedContext>>) => ({ namedContexts: new Map(Object.entries(named)) })
const labels = async (...args: Parameters<typeof planText>) => (await planText(...args)).nodes.map(({ label }) => label)

describe('the target', () => {
  const text = 'FROM scratch AS one\nLABEL x=1\nFROM scratch AS Two\nLABEL x=2\nFROM scratch\nLABEL x=3\n'
  const built = async (target?: string) => (await planText(text, target ? { target } : {})).image.config.config?.Labels

  it('is the last stage when none is named', async () => expect(await built()).toEqual({ x: '3' }))

  it('is found by name in any case', async () => {
    expect(await built('one')).toEqual({ x: '1' })
    expect(await built('TWO')).toEqual({ x: '2' })
  })

  it('that is not there gives the nearest name', async () => {
    expect(await planError(text, { target: 'tow' })).toMatchObject({
      code: 'TSB_UNKNOWN_TARGET',
      message: 'target stage "tow" could not be found',
      hint: 'did you mean "two"?',
    })
  })

  it('is never found by number', async () => {
    expect(await planError(text, { target: '0' })).toMatchObject({ hint: 'the stages are one, two' })
  })

  it('nothing that it does not need is planned, and no image but its own is asked for', async () => {
    const file = parse({
      name: 'Dockerfile',
      text: 'FROM a AS a\nRUN a\nFROM b AS b\nRUN b\nFROM a AS c\nCOPY --from=a /x /\nFROM b\nRUN --mount=from=c,target=/c x\n',
    })
    const bases = stubBases({ a: imageConfig({ Cmd: ['a'] }), b: imageConfig({ Cmd: ['b'] }) })
    const planned = await plan(file, planRequest({ target: 'c' }), bases)
    expect(bases.asked).toEqual(['a'])
    expect(planned.nodes.map(({ label }) => label.replace(/@.*/, ''))).toEqual([
      '[a 1/2] FROM docker.io/library/a',
      '[a 2/2] RUN a',
      '[c 1/1] COPY --from=a /x /',
    ])
  })
})

describe('stage names', () => {
  it('FROM finds a stage only as it is stored, in lower case; COPY --from in any case', async () => {
    const plan = await planText('FROM scratch AS Build\nCOPY a /\nFROM scratch\nCOPY --from=BUILD /a /\n')
    expect(opsOf(plan, 'copy')[1]?.sources[0]?.from).toBe(plan.nodes.at(-2)?.id)
    expect(await planError('FROM scratch AS Build\nFROM Build\n')).toMatchObject({
      code: 'TSB_REFERENCE_FORMAT',
      message: expect.stringContaining('failed to parse stage name "Build"'),
    })
  })

  it('COPY --from by number is an index, from= of a mount is not', async () => {
    const plan = await planText('FROM scratch\nCOPY a /\nFROM scratch\nCOPY --from=0 /a /\n')
    expect(opsOf(plan, 'copy')).toHaveLength(2)
    expect(await planError('FROM scratch\nFROM scratch\nRUN --mount=from=0,target=/x y\n')).toMatchObject({
      code: 'TSB_IMAGE_NOT_FOUND',
    })
    expect(await planError('FROM scratch\nCOPY --from=5 /a /\n')).toMatchObject({
      code: 'TSB_STAGE_INDEX',
      message: 'invalid stage index 5',
    })
  })

  it('a name given twice is the last one before the place that asks', async () => {
    const text = 'FROM scratch AS a\nLABEL x=1\nFROM a AS b\nFROM scratch AS a\nLABEL x=2\nFROM '
    expect((await planText(`${text}a\n`)).image.config.config?.Labels).toEqual({ x: '2' })
    expect((await planText(`${text}b\n`)).image.config.config?.Labels).toEqual({ x: '1' })
  })

  it('--from cannot hold a variable, and the hint says what to write', async () => {
    expect(await planError('FROM scratch\nARG F=x\nCOPY --from=$F a /b\n')).toMatchObject({
      code: 'TSB_FROM_VARIABLE',
      hint: expect.stringContaining('FROM $F AS NAME'),
    })
  })

  it('a stage that is misspelled is named in the hint', async () => {
    const error = await planError('FROM scratch AS build\nFROM scratch\nCOPY --from=biuld /a /b\n')
    expect(error).toMatchObject({ code: 'TSB_IMAGE_NOT_FOUND', hint: 'did you mean "build"?' })
    expect(error.at?.start.line).toBe(2)
  })
})

describe('what stages need of each other', () => {
  it('a stage that copies from itself is told with its place', async () => {
    const error = await planError('FROM scratch AS a\nCOPY --from=a / /\n')
    expect(error).toMatchObject({ code: 'TSB_STAGE_CYCLE', message: 'circular dependency detected on stage: a' })
    expect(error.hint).toContain('a (Dockerfile:1) -> a (Dockerfile:1)')
  })

  it('a round of stages is told stage by stage, also when the target is elsewhere', async () => {
    const text =
      'FROM scratch AS a\nCOPY --from=c / /\nFROM a AS b\nFROM scratch AS c\nRUN --mount=from=b,target=/b x\nFROM scratch\n'
    const error = await planError(text)
    expect(error.code).toBe('TSB_STAGE_CYCLE')
    expect(error.hint).toContain('a (Dockerfile:1) -> c (Dockerfile:4) -> b (Dockerfile:3) -> a (Dockerfile:1)')
  })

  it('a later stage cannot be copied from, unless nobody needs it', async () => {
    const text = 'FROM scratch AS a\nCOPY --from=b / /\nFROM scratch AS b\nCOPY f /\n'
    expect(await planError(`${text}FROM a\n`)).toMatchObject({
      code: 'TSB_STAGE_ORDER',
      message: 'cannot copy from stage "b", it needs to be defined before current stage "a"',
      hint: 'move stage "b" above stage "a"',
    })
    expect(opsOf(await planText(text), 'copy')).toHaveLength(1)
  })

  it('10 000 stages, each on the one before, are planned in one pass', async () => {
    const count = 10_000
    const lines = Array.from({ length: count }, (_, i) =>
      i === 0 ? 'FROM scratch AS s0' : `FROM s${i - 1} AS s${i}\nCOPY --from=s${i >> 1} /a /b`,
    )
    const plan = await planText(`${lines.join('\n')}\n`)
    expect(plan.image.history).toHaveLength(count - 1)
    expect(opsOf(plan, 'copy')).toHaveLength(count - 1)
    checkPlan(plan)
  })
})

describe('base images', () => {
  it('all are asked for at once, each once per platform', async () => {
    const text =
      'FROM a AS x\nFROM docker.io/library/a:latest AS y\nFROM --platform=linux/arm64 a AS z\nFROM b\n' +
      'COPY --from=x / /x\nCOPY --from=y / /y\nCOPY --from=z / /z\nCOPY --from=c / /c\nRUN --mount=from=a,target=/a d\n'
    const asked: string[] = []
    const waiting: (() => void)[] = []
    const config = imageConfig()
    const bases = stubBases({ a: config, b: config, c: config, 'docker.io/library/a:latest': config })
    const planned = plan(parse({ name: 'Dockerfile', text }), planRequest(), {
      resolve: async (reference, platform, at) => {
        asked.push(`${reference} ${platform.architecture}`)
        // Nothing is answered before all is asked.
        await new Promise<void>((resolve) => {
          waiting.push(resolve)
          if (waiting.length === 4) for (const answer of waiting) answer()
        })
        return bases.resolve(reference, platform, at)
      },
    })
    await planned
    expect(asked.sort()).toEqual(['a amd64', 'a arm64', 'b amd64', 'c amd64'])
  })

  it('two stages from one image share its op', async () => {
    const text = 'FROM base AS a\nRUN a\nFROM base\nRUN b\nCOPY --from=a /x /\n'
    expect(opsOf(await planText(text, {}, base), 'image')).toHaveLength(1)
  })

  it('the config is inherited whole, unknown keys too; its time and its triggers are not', async () => {
    const image = {
      ...imageConfig({ User: 'app', OnBuild: ['LABEL t=1'], ...{ Unknown: { deep: [1] } } }),
      created: '2020-01-01T00:00:00Z',
      author: 'me',
      'x.custom': true,
      history: [{ created_by: 'old' }],
    }
    const { config } = (await planText('FROM i\n', {}, { i: image })).image
    expect(config).toEqual({
      architecture: 'amd64',
      os: 'linux',
      author: 'me',
      'x.custom': true,
      config: {
        User: 'app',
        Unknown: { deep: [1] },
        Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
        Labels: { t: '1' },
      },
      rootfs: image.rootfs,
      history: [{ created_by: 'old' }],
    })
  })

  it('an image without layers is like scratch, but keeps its config', async () => {
    const empty = { ...imageConfig({ Cmd: ['x'] }), rootfs: { type: 'layers', diff_ids: [] } } as const
    const plan = await planText('FROM e\nCOPY a /\n', {}, { e: empty })
    expect(opsOf(plan, 'image')).toEqual([])
    expect(plan.image.config.config?.Cmd).toEqual(['x'])
  })

  it('scratch starts with a PATH and in /', async () => {
    const plan = await planText('FROM scratch\n')
    expect(plan.image.config.config).toEqual({
      WorkingDir: '/',
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
    })
    expect(plan.nodes.map(({ op }) => op.kind)).toEqual(['scratch'])
  })

  it('a forged history row does not change what has to be done', async () => {
    const forged = {
      ...imageConfig({ Cmd: ['sh'], Env: ['PATH=/bin'] }),
      history: [{ created_by: 'RUN x # buildkit' }],
    }
    const plan = await planText('FROM base\nRUN x\n', {}, { base: forged })
    expect(opsOf(plan, 'run')).toHaveLength(1)
  })
})

describe('platforms', () => {
  it('FROM --platform is expanded with global ARGs and must come out as one', async () => {
    const plan = await planText(
      'FROM --platform=$BUILDPLATFORM base\nRUN x\n',
      { platform: { os: 'linux', architecture: 'arm64' } },
      base,
    )
    expect(opsOf(plan, 'run')[0]?.platform).toEqual({ os: 'linux', architecture: 'amd64' })
    expect(await planError('FROM --platform=$BUILDPLATFROM base\n', {}, base)).toMatchObject({
      message: 'empty platform value from expression $BUILDPLATFROM',
      hint: 'did you mean "BUILDPLATFORM"?',
    })
    expect(await planError('FROM --platform=foo base\n', {}, base)).toMatchObject({
      code: 'TSB_PLATFORM_FORMAT',
      message: expect.stringContaining('failed to parse platform foo'),
    })
  })

  it('the image is for the platform that was asked for, whatever its base is', async () => {
    const { config } = (await planText('FROM base\n', { platform: { os: 'linux', architecture: 'arm64' } }, base)).image
    expect(config.architecture).toBe('arm64')
  })

  it('when nobody asked for a platform the image keeps that of its base', async () => {
    const arm = { ...imageConfig(), architecture: 'arm64', variant: 'v8' }
    const { config } = (await planText('FROM --platform=linux/arm64 a\n', { implicitPlatform: true }, { a: arm })).image
    expect([config.architecture, config.variant]).toEqual(['arm64', undefined])
  })

  it('an image of another platform than was asked for is warned of', async () => {
    const plan = await planText('FROM base\n', { platform: { os: 'linux', architecture: 'arm64' } }, base)
    expect(plan.warnings[0]).toMatchObject({ rule: 'InvalidBaseImagePlatform' })
  })
})

describe('named contexts', () => {
  const stages = 'FROM scratch AS dep\nCOPY f /a\nFROM scratch\nCOPY --from=dep /a /b\n'

  it('stand in for stages, which are not built then', async () => {
    expect(await labels(stages, contexts({ dep: { kind: 'local' } }))).toEqual([
      'FROM scratch',
      '[context dep] load from client',
      '[stage-1 1/1] COPY --from=dep /a /b',
    ])
    const image = contexts({ dep: { kind: 'image', reference: 'docker-image://base' } })
    expect(opsOf(await planText(stages, image, base), 'image')).toHaveLength(1)
  })

  it('stand in for images, however those are spelled', async () => {
    for (const written of ['node', 'node:latest', 'docker.io/library/node']) {
      const plan = await planText(`FROM scratch\nCOPY --from=${written} /a /b\n`, contexts({ node: { kind: 'local' } }))
      expect(opsOf(plan, 'context')).toEqual([{ kind: 'context', name: 'node' }])
    }
    expect(await planError('FROM node:22\n', contexts({ node: { kind: 'local' } }))).toMatchObject({
      code: 'TSB_IMAGE_NOT_FOUND',
    })
  })

  it('a directory as a base is one layer on nothing', async () => {
    const plan = await planText('FROM dir\nCOPY f /\n', contexts({ dir: { kind: 'local' } }))
    expect(plan.image.history.map(({ layer }) => layer === undefined)).toEqual([false, false])
    expect(plan.nodes.map(({ op }) => op.kind)).toEqual(['context', 'scratch', 'copy', 'context', 'copy'])
  })

  it('a directory as a base has no row: the layers left over at the top get rows at the end', async () => {
    const stages = 'FROM dir AS one\nWORKDIR /w\nRUN a "b"\nFROM one\nENV A=1\nCOPY --link x y /z/\nCMD ["c"]\n'
    const { image, nodes } = await planText(stages, contexts({ dir: { kind: 'local' } }))
    const labels = new Map(nodes.map(({ id, label }) => [id, label]))
    expect(image.history.map(({ createdBy, madeUp }) => `${madeUp ? '+ ' : ''}${createdBy}`)).toEqual([
      'WORKDIR /w',
      'RUN /bin/sh -c a "b" # buildkit',
      'ENV A=1',
      'COPY x y /z/ # buildkit',
      'CMD ["c"]',
      '+ copy /x /z/, copy /y /z/',
    ])
    expect(image.history.flatMap(({ layer }) => (layer ? [labels.get(layer)] : []))).toEqual([
      'FROM dir',
      '[one 1/3] WORKDIR /w',
      '[one 2/3] RUN a "b"',
      '[stage-1 1/1] COPY --link x y /z/',
    ])
    const last = async (text: string) =>
      (await planText(text, contexts({ dir: { kind: 'local' } }))).image.history.at(-1)
    expect(await last('FROM dir\nLABEL a=b\n')).toMatchObject({ createdBy: 'local source for dir', madeUp: true })
    expect(await last('FROM dir\nRUN x\n')).toMatchObject({ createdBy: 'mount / from exec /bin/sh -c x' })
    expect(await last('FROM dir\nWORKDIR /w\n')).toMatchObject({ createdBy: '[1/2] WORKDIR /w' })
  })

  it('scratch and context cannot be replaced', async () => {
    const plan = await planText(
      'FROM scratch\nCOPY f /\n',
      contexts({ scratch: { kind: 'local' }, context: { kind: 'local' } }),
    )
    expect(opsOf(plan, 'context')).toEqual([{ kind: 'context', name: 'context' }])
  })

  it('for one platform come before those for all', async () => {
    const named = contexts({ 'dep::linux/arm64': { kind: 'local' }, dep: { kind: 'local' } })
    const contextFor = async (architecture: string) =>
      opsOf(await planText(stages, { ...named, platform: { os: 'linux', architecture } }), 'context')
    expect(await contextFor('arm64')).toEqual([{ kind: 'context', name: 'dep::linux/arm64' }])
    expect(await contextFor('amd64')).toEqual([{ kind: 'context', name: 'dep' }])
  })

  it('of a repository or URL are shown by where they come from', async () => {
    const text = 'FROM repo\nCOPY --from=file context /\n'
    const named = contexts({
      repo: { kind: 'git', shown: 'https://h/r.git#main' },
      file: { kind: 'http', shown: 'https://h/f' },
    })
    expect((await labels(text, named)).filter((label) => label.startsWith('['))).toEqual([
      '[internal] load git source https://h/r.git#main',
      '[context file] https://h/f',
      '[1/2] COPY --from=file context /',
    ])
    const rows = rowsOf(await planText('FROM repo\n', named))
    expect(rows).toEqual(['git snapshot for https://h/r.git#main'])
  })

  it('docker-image://scratch is no image at all', async () => {
    const plan = await planText(
      'FROM none\n',
      contexts({ none: { kind: 'image', reference: 'docker-image://scratch' } }),
    )
    expect(plan.nodes.map(({ op }) => op.kind)).toEqual(['scratch'])
  })
})

describe('ONBUILD', () => {
  const trigger = (...triggers: readonly string[]) => ({ trig: imageConfig({ Env: ['PATH=/bin'], OnBuild: triggers }) })

  it('triggers of a base run first in the child, are labelled so, and are used up', async () => {
    const plan = await planText('FROM trig AS t\nRUN own\nFROM t\nRUN last\n', {}, trigger('RUN a', 'ENV X=1'))
    expect(plan.nodes.map(({ label }) => label.replace(/@.*/, ''))).toEqual([
      '[t 1/3] FROM docker.io/library/trig',
      '[t 2/3] ONBUILD RUN a',
      '[t 3/3] RUN own',
      '[stage-1 1/1] RUN last',
    ])
    expect(rowsOf(plan)).toEqual([
      'RUN /bin/sh -c a # buildkit',
      'ENV X=1',
      'RUN /bin/sh -c own # buildkit',
      'RUN /bin/sh -c last # buildkit',
    ])
    expect(plan.image.config.config?.OnBuild).toBeUndefined()
  })

  it('triggers of a stage run in the stages from it, not in theirs', async () => {
    const text = 'FROM scratch AS a\nONBUILD LABEL x=$n\nFROM a AS b\nFROM b\nLABEL y=1\n'
    const plan = await planText(text)
    expect(rowsOf(plan)).toEqual(['LABEL x=', 'LABEL y=1'])
    expect((await planText(text, { target: 'a' })).image.config.config?.OnBuild).toEqual(['LABEL x=$n'])
  })

  it('may name stages and images of the file that uses the base', async () => {
    const bases = stubBases({
      ...trigger('COPY --from=src /a /b', 'RUN --mount=from=tool,target=/t x'),
      tool: imageConfig(),
    })
    const text = 'FROM scratch AS src\nCOPY f /a\nFROM trig\n'
    const planned = await plan(parse({ name: 'Dockerfile', text }), planRequest(), bases)
    expect(opsOf(planned, 'copy')).toHaveLength(2)
    expect(bases.asked).toEqual(['trig', 'tool'])
  })

  it('has no more power than lines of the file, and is told with its text', async () => {
    const error = await planError('FROM scratch AS x\nFROM trig\n', {}, trigger('RUN --security=insecure evil'))
    expect(error.code).toBe('TSB_ENTITLEMENT')
    expect(error.message).toBe('security.insecure is not allowed (ONBUILD RUN --security=insecure evil of trig)')
    expect(error.at?.start.line).toBe(1)
  })

  it('is looked at only when it is used', async () => {
    expect((await planText('FROM scratch\nONBUILD FOO bar\n')).image.config.config?.OnBuild).toEqual(['FOO bar'])
    expect(await planError('FROM scratch AS a\nONBUILD FOO bar\nFROM a\n')).toMatchObject({
      code: 'TSB_UNKNOWN_INSTRUCTION',
    })
  })

  it('is not a way to another FROM or ONBUILD', async () => {
    for (const text of ['FROM x', 'ONBUILD RUN x', 'MAINTAINER x']) {
      expect(await planError('FROM trig\n', {}, trigger(text))).toMatchObject({ code: 'TSB_BAD_TRIGGER' })
    }
  })
})

describe('--no-cache', () => {
  const text = 'FROM base AS a\nRUN a\nFROM base AS b\nCOPY --from=a /x /\nWORKDIR /y\n'
  const uncached = async (noCache: boolean | readonly string[]) =>
    (await planText(text, { noCache }, base)).nodes.filter((node) => node.noCache).map(({ op }) => op.kind)

  it('covers every layer that this build makes, or those of the stages it names', async () => {
    expect(await uncached(false)).toEqual([])
    expect(await uncached(true)).toEqual(['run', 'copy', 'mkdir'])
    expect(await uncached(['A'])).toEqual(['run'])
  })

  it('a stage that is not there is an error', async () => {
    expect(await planError(text, { noCache: ['bb'] }, base)).toMatchObject({
      code: 'TSB_UNKNOWN_STAGE',
      hint: 'did you mean "b"?',
    })
  })

  it('does not change what the steps are', async () => {
    const [with_, without] = await Promise.all([planText(text, { noCache: true }, base), planText(text, {}, base)])
    expect(with_.target).toBe(without.target)
  })
})

describe('labels', () => {
  it('one stage is not named, several are, and numbers are as wide as the last', async () => {
    const copies = Array.from({ length: 10 }, (_, i) => `COPY f${i} /`).join('\n')
    expect((await labels(`FROM scratch\n${copies}\n`)).slice(2, 4)).toEqual(['[ 1/10] COPY f0 /', '[ 2/10] COPY f1 /'])
    expect((await labels('FROM scratch AS a\nFROM scratch\ncopy f /\n')).at(-1)).toBe('[stage-1 1/1] COPY f /')
  })

  it('known variables are filled in, those of a secret are stars', async () => {
    const text = 'FROM base\nARG V=1 T=hidden\nRUN --mount=type=secret,id=t,env=T get $V $T $U "$V"\n'
    expect((await labels(text, {}, base)).at(-1)).toBe('[2/2] RUN --mount=type=secret,id=t,env=T get 1 **** $U "1"')
  })

  it('a heredoc is summed up by its first line', async () => {
    expect((await labels('FROM base\nRUN <<E\necho a\necho b\nE\n', {}, base)).at(-1)).toBe('[2/2] RUN <<E (echo a...)')
  })
})

describe('a name of COPY --from that is no stage', () => {
  /** The hint for a registry that cannot be reached. */
  async function hintOf(text: string): Promise<string | undefined> {
    const bases = {
      resolve: async () => {
        throw new TsbuildError('TSB_REGISTRY_UNREACHABLE', 'cannot reach docker.io', { hint: 'check the network' })
      },
    }
    const planned = plan(parse({ name: 'Dockerfile', text }), planRequest(), bases)
    return planned.then(
      () => undefined,
      (error: TsbuildError) => error.hint,
    )
  }

  it('was taken for an image, and that is said', async () => {
    expect(await hintOf('FROM scratch AS first\nCOPY --from=bulid /a /b\n')).toBe(
      'no stage is named "bulid", so it was taken for an image; check the network',
    )
    expect(await hintOf('FROM scratch AS build\nFROM scratch\nCOPY --from=bulid /a /b\n')).toBe('did you mean "build"?')
  })

  it('is an image when it looks like one', async () => {
    expect(await hintOf('FROM scratch\nCOPY --from=me/app:1 /a /b\n')).toBe('check the network')
    expect(await hintOf('FROM alpine\n')).toBe('check the network')
  })
})
