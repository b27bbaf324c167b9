// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are Dockerfiles
import { describe, expect, it } from 'vitest'
import { TsbuildError } from '../../../src/errors.ts'
import { parse } from '../../../src/parser/index.ts'
import type { PlanRequest } from '../../../src/planner/index.ts'
import { outline } from '../../../src/planner/index.ts'
import { planRequest } from '../../support/planning.ts'

function outlineOf(lines: readonly string[], changes: Partial<PlanRequest> = {}) {
  return outline(parse({ name: 'Dockerfile', text: lines.join('\n') }), planRequest(changes))
}

/** `NAME=value (line) description`. */
function argsOf(lines: readonly string[], changes: Partial<PlanRequest> = {}): readonly string[] {
  return outlineOf(lines, changes).args.map(({ name, value = '', description = '', at }) =>
    `${name}=${value} (${at.start.line + 1}) ${description}`.trimEnd(),
  )
}

describe('the arguments in an outline', () => {
  it('are those that the target and the stages it needs declare or use, in the order of the file', () => {
    const lines = [
      'ARG unused=1',
      'ARG suffix=x',
      '# sfx is a suffix',
      'ARG sfx="usr-$suffix"',
      'FROM busybox:${sfx} AS base',
      '# FOO is for the base',
      'ARG FOO=123',
      'FROM busybox AS other',
      'ARG OTHER=1',
      'FROM base AS target',
      'ARG BAR',
    ]
    expect(argsOf(lines)).toEqual([
      'suffix=x (2)',
      'sfx=usr-x (4) is a suffix',
      'FOO=123 (7) is for the base',
      'BAR= (11)',
    ])
  })

  it('include those of stages that COPY --from, mounts and triggers lead to', () => {
    const lines = [
      'FROM busybox AS a',
      'ARG A=1',
      'FROM busybox AS b',
      'ARG B=1',
      'FROM busybox AS c',
      'ARG C=1',
      'FROM busybox AS base',
      'ONBUILD ARG TRIGGER=1',
      'ONBUILD COPY --from=c / /',
      'FROM base',
      'COPY --from=a / /',
      'RUN --mount=from=b,target=/b true',
    ]
    expect(argsOf(lines)).toEqual(['A=1 (2)', 'B=1 (4)', 'C=1 (6)', 'TRIGGER=1 (10)'])
  })

  it('--target narrows them', () => {
    const lines = ['FROM busybox AS a', 'ARG A=1', 'FROM a AS b', 'ARG B=1']
    expect(argsOf(lines, { target: 'a' })).toEqual(['A=1 (2)'])
    expect(argsOf(lines, { target: 'B' })).toEqual(['A=1 (2)', 'B=1 (4)'])
  })

  it('of one name count once: the target first, then its base, then what it copies from', () => {
    const lines = ['FROM busybox AS a', 'ARG V=1', 'ARG W=1', 'FROM a AS b', 'ARG V=2', 'FROM b', 'ARG V=3']
    expect(argsOf(lines)).toEqual(['W=1 (3)', 'V=3 (7)'])
  })

  it('an ARG without a value that takes over a global one is told as that one', () => {
    const lines = ['# V the version', 'ARG V=1', 'FROM busybox', '# V here', 'ARG V', 'ARG TARGETARCH']
    expect(argsOf(lines)).toEqual(['V=1 (2) the version'])
  })

  it('have the value that --build-arg gives them', () => {
    const lines = ['ARG A=1', 'ARG B=$A', 'FROM busybox:$B', 'ARG C=$A', 'ARG A']
    expect(argsOf(lines, { buildArgs: new Map([['A', '2']]) })).toEqual(['B=2 (2)', 'C= (4)', 'A=2 (5)'])
    expect(argsOf(lines, { buildArgs: new Map([['B', '2']]) })).toEqual(['A=1 (1)', 'B=2 (2)', 'C= (4)'])
  })

  it('have defaults with the variables in force put in', () => {
    const lines = ['FROM busybox AS a', 'ENV E=1', 'ARG F=2', 'FROM a', 'ARG G=$E$F-${H:-x}']
    expect(argsOf(lines)).toEqual(['F=2 (3)', 'G=12-x (5)'])
  })

  it('builder arguments of a stage that a named context replaces are not asked for', () => {
    const lines = ['FROM busybox AS a', 'ARG A=1', 'FROM a', 'ARG B=1']
    expect(argsOf(lines, { namedContexts: new Map([['a', { kind: 'local' }]]) })).toEqual(['B=1 (4)'])
  })
})

describe('the mounts in an outline', () => {
  const lines = [
    '# app is the whole of it',
    'FROM busybox AS app',
    'ARG WHO=me',
    'RUN --mount=type=secret,target=/etc/token --mount=type=ssh true',
    'RUN --mount=type=secret,id=$WHO,required \\',
    '  --mount=type=secret,id=token,required=true --mount=type=ssh,id=deploy,required true',
    'RUN --mount=type=cache,target=/root/.npm/ --mount=type=cache,id=apt,target=/var/cache/apt true',
    'RUN --mount=type=cache,target=/root/.npm/ true',
  ]

  it('are the secrets, agents and caches by their ids, at the RUN that is first to ask', () => {
    const { name, description, secrets, ssh, caches } = outlineOf(lines)
    expect({ name, description }).toEqual({ name: 'app', description: 'is the whole of it' })
    const shown = (mounts: typeof secrets) =>
      mounts.map((mount) => [mount.name, mount.required, mount.at.start.line + 1])
    expect(shown(secrets)).toEqual([
      ['token', true, 4],
      ['me', true, 5],
    ])
    expect(shown(ssh)).toEqual([
      ['default', false, 4],
      ['deploy', true, 5],
    ])
    expect(caches.map(({ name, at }) => [name, at.start.line + 1])).toEqual([
      ['/root/.npm/', 7],
      ['apt', 7],
    ])
  })
})

describe('an outline', () => {
  it.each([
    ['of a target that is not there', ['FROM busybox'], { target: 'x' }, 'TSB_UNKNOWN_TARGET'],
    ['of stages that need each other', ['FROM busybox AS a', 'COPY --from=a / /'], {}, 'TSB_STAGE_CYCLE'],
    ['of a mount that cannot be', ['FROM busybox', 'RUN --mount=type=x,target=/x true'], {}, 'TSB_MOUNT'],
    ['of a value that cannot be read', ['FROM busybox', 'ARG A=${B'], {}, 'TSB_EXPANSION_SYNTAX'],
  ])('%s is the error of a build', (_, lines, changes, code) => {
    try {
      outlineOf(lines, changes)
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(TsbuildError)
      expect(error).toMatchObject({ code })
    }
  })

  it('of what the target does not need is not asked for', () => {
    const lines = ['FROM busybox AS wrong', 'RUN --mount=type=x,target=/x true', 'FROM busybox', 'ARG A=1']
    expect(argsOf(lines)).toEqual(['A=1 (4)'])
  })

  it('of ten thousand stages, each on the one before, is there in time', () => {
    const stages = Array.from({ length: 10_000 }, (_, i) => `FROM ${i === 0 ? 'busybox' : `s${i - 1}`} AS s${i}`)
    expect(argsOf([...stages, 'ARG LAST=1'])).toEqual(['LAST=1 (10001)'])
  })
})
