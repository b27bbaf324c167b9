import { describe, expect, it } from 'vitest'
import { imageConfig, opsOf, planError, planText, rowsOf } from '../support/planning.ts'

const args = (given: Readonly<Record<string, string>>) => ({ buildArgs: new Map(Object.entries(given)) })
const base = { base: imageConfig({ Env: ['PATH=/bin', 'LANG=C'] }) }

async function envOf(text: string, given: Readonly<Record<string, string>> = {}): Promise<readonly string[]> {
  return opsOf(await planText(`${text}\nRUN x\n`, args(given), base), 'run').at(-1)?.env ?? []
}

describe('ENV', () => {
  it('all values of one ENV see the variables as they were before it', async () => {
    expect(await envOf('FROM base\nENV A=1\nENV A=2 B=$A')).toEqual(['PATH=/bin', 'LANG=C', 'A=2', 'B=1'])
  })

  it('a name that is there keeps its place in the config, and comes last in the environment of a RUN', async () => {
    const plan = await planText('FROM base\nENV A=1\nENV LANG=D\nRUN x\n', {}, base)
    expect(plan.image.config.config?.Env).toEqual(['PATH=/bin', 'LANG=D', 'A=1'])
    expect(opsOf(plan, 'run')[0]?.env).toEqual(['PATH=/bin', 'A=1', 'LANG=D'])
  })
})

describe('ARG', () => {
  it('a global ARG is seen by FROM lines, and by a stage only after a bare ARG', async () => {
    expect(await envOf('ARG A=1\nFROM base')).toEqual(['PATH=/bin', 'LANG=C'])
    expect(await envOf('ARG A=1\nFROM base\nARG A')).toContain('A=1')
    expect(await envOf('ARG A=1\nFROM base\nARG A=2')).toContain('A=2')
    expect(await envOf(`ARG A=bas\nFROM \${A}e`)).toContain('LANG=C')
  })

  it('ARG A=1 B=$A sees the new A', async () => {
    expect(await envOf('FROM base\nARG A=0\nARG A=1 B=$A')).toContain('B=1')
  })

  it('is in force from its line on', async () => {
    const plan = await planText('FROM base\nRUN one\nARG A=1\nRUN two\n', {}, base)
    expect(opsOf(plan, 'run').map(({ env }) => env.includes('A=1'))).toEqual([false, true])
  })

  it('the later of ENV and ARG wins, and an ARG without a value leaves the ENV alone', async () => {
    expect(await envOf('FROM base\nARG A=1\nENV A=2')).toContain('A=2')
    expect(await envOf('FROM base\nENV A=2\nARG A=1')).toContain('A=1')
    expect(await envOf('FROM base\nENV A=2\nARG A')).toContain('A=2')
    expect(await envOf('FROM base\nENV A=2\nARG A', { A: '3' })).toContain('A=3')
  })

  it('a value given by --build-arg is taken as it is, and the default is not even read', async () => {
    expect(await envOf(`FROM base\nARG A=\${B:?no B}`, { A: '$X "y"' })).toContain('A=$X "y"')
  })

  it('a stage from a stage has its ARGs, but not before the ENV of that stage', async () => {
    expect(await envOf('FROM base AS a\nARG A=1\nFROM a')).toContain('A=1')
    expect(await envOf('FROM base AS a\nENV A=2\nARG A=1\nFROM a')).toContain('A=2')
  })

  it('COPY --from takes no ARGs over', async () => {
    expect(await envOf('FROM base AS a\nARG A=1\nFROM base\nCOPY --from=a /x /')).not.toContain('A=1')
  })

  it('the rows of RUN list the ARGs declared so far, each once, with the value that the RUN sees', async () => {
    const plan = await planText('FROM base\nARG B A=1\nENV A=2\nARG A\nARG B=x y=\nRUN make\n', {}, base)
    expect(rowsOf(plan).at(-1)).toBe('RUN |3 B=x A=2 y= /bin/sh -c make # buildkit')
  })

  it('arguments for the builder itself are never in an environment', async () => {
    const env = await envOf('FROM base\nARG BUILDKIT_SBOM_SCAN_STAGE=true BUILDKIT_SBOM_SCAN_CONTEXT=true')
    expect(env).toEqual(['PATH=/bin', 'LANG=C'])
  })

  it('names that objects have are ordinary ones', async () => {
    const text = 'FROM base AS constructor\nARG __proto__=1 toString\nENV constructor=2 hasOwnProperty=$__proto__'
    expect(await envOf(text)).toEqual(expect.arrayContaining(['__proto__=1', 'constructor=2', 'hasOwnProperty=1']))
    const { image } = await planText('FROM scratch\nLABEL __proto__=x toString=y\n')
    expect(Object.entries(image.config.config?.Labels ?? {})).toEqual([
      ['__proto__', 'x'],
      ['toString', 'y'],
    ])
  })
})

describe('build arguments that the file does not declare', () => {
  it('are not seen, and warned of', async () => {
    const plan = await planText('FROM scratch\nENV X=[$NOPE]\n', args({ NOPE: '1', SOURCE_DATE_EPOCH: '0' }))
    expect(plan.image.config.config?.Env).toContain('X=[]')
    expect(plan.warnings.find(({ rule }) => rule === 'tsbuild/UnusedBuildArg')?.message).toBe(
      'One or more build-args [NOPE] were not consumed',
    )
  })

  it('predefined proxies reach RUN alone: not its key, not the history, not ENV', async () => {
    const given = { HTTP_PROXY: 'http://u:p@h', no_proxy: 'a' }
    const plan = await planText('FROM base\nENV X=[$HTTP_PROXY]\nRUN x\n', args(given), base)
    const without = await planText('FROM base\nENV X=[$HTTP_PROXY]\nRUN x\n', {}, base)
    expect(plan.target).toBe(without.target)
    expect(rowsOf(plan)).toEqual(['ENV X=[]', 'RUN /bin/sh -c x # buildkit'])
    expect(plan.nodes.at(-1)?.unkeyed).toEqual([
      'HTTP_PROXY=http://u:p@h',
      'http_proxy=http://u:p@h',
      'NO_PROXY=a',
      'no_proxy=a',
    ])
    expect(plan.warnings.filter(({ rule }) => rule === 'tsbuild/UnusedBuildArg')).toEqual([])
  })

  it('a proxy that is declared is an ARG like any', async () => {
    const plan = await planText('FROM base\nARG HTTP_PROXY\nRUN x\n', args({ HTTP_PROXY: 'p' }), base)
    expect(opsOf(plan, 'run')[0]?.env).toContain('HTTP_PROXY=p')
    expect(plan.nodes.at(-1)?.unkeyed).toEqual(['http_proxy=p'])
    expect(rowsOf(plan).at(-1)).toBe('RUN |1 HTTP_PROXY=p /bin/sh -c x # buildkit')
  })
})

describe('platform arguments', () => {
  const cross = { platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } }
  const text = 'FROM scratch AS app\nARG TARGETPLATFORM TARGETARCH TARGETVARIANT BUILDPLATFORM TARGETSTAGE\nLABEL x='

  it('have values once they are declared', async () => {
    const plan = await planText(
      `${text}"$TARGETPLATFORM $TARGETARCH [$TARGETVARIANT] $BUILDPLATFORM $TARGETSTAGE"\n`,
      cross,
    )
    expect(plan.image.config.config?.Labels).toEqual({ x: 'linux/arm64 arm64 [] linux/amd64 app' })
  })

  it('are seen by FROM without being declared', async () => {
    const plan = await planText('FROM scratch AS os-linux\nLABEL a=b\nFROM os-$TARGETOS\n', cross)
    expect(plan.image.config.config?.Labels).toEqual({ a: 'b' })
  })

  it('can be given', async () => {
    const plan = await planText(`${text}$TARGETARCH\n`, { ...cross, ...args({ TARGETARCH: 'mine' }) })
    expect(plan.image.config.config?.Labels).toEqual({ x: 'mine' })
  })

  it('TARGETSTAGE is the target, or default when that has no name', async () => {
    const tail = '\nARG TARGETSTAGE\nLABEL x=$TARGETSTAGE\n'
    expect((await planText(`FROM scratch${tail}`)).image.config.config?.Labels).toEqual({ x: 'default' })
    const target = await planText(`FROM scratch AS one${tail}FROM scratch AS two\n`, { target: 'one' })
    expect(target.image.config.config?.Labels).toEqual({ x: 'one' })
  })
})

describe('what cannot be expanded', () => {
  it('points at the word', async () => {
    const error = await planError(`FROM scratch\nENV A=1 \\\n    B="\${C?set C}"\n`)
    expect(error.message).toContain('set C')
    expect(error.at?.start).toEqual({ line: 2, column: 6 })
  })

  it('a FROM that comes out empty names the variable that may be meant', async () => {
    expect(await planError('ARG BASE=x\nFROM $BSE\n')).toMatchObject({
      code: 'TSB_FROM_BLANK',
      hint: 'did you mean "BASE"?',
    })
  })
})
