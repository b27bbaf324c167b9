// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are for the shell lexer
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { checkPlan } from '../../src/graph/index.ts'
import { parse } from '../../src/parser/index.ts'
import { check, outline, type PlanRequest, plan } from '../../src/planner/index.ts'
import { dockerfileTexts } from '../support/dockerfiles.ts'
import { mutated, soup } from '../support/fuzz.ts'
import { imageConfig, planRequest, stubBases } from '../support/planning.ts'
import { anyDockerfile } from './dockerfile.ts'
import { assertInside } from './places.ts'
import { type FuzzTarget, outcomeOf } from './target.ts'

/** So long that no message shows all of it. */
const long = 'x'.repeat(3000)
const instructions = [
  ...[
    'FROM base',
    'FROM scratch',
    'FROM base AS b',
    'FROM b',
    'FROM $A',
    'FROM ${A:-b} AS c',
    'FROM trig',
    'FROM nope',
  ],
  ...[
    'FROM --platform=$BUILDPLATFORM base AS p',
    'FROM --platform=$A base',
    'ARG A',
    'ARG A=b',
    'ARG TARGETARCH',
    'ARG A=$B C=$A',
  ],
  ...[
    'ENV A=$A$A',
    'ENV B="$A x" C=${B%x}',
    'ENV PATH=/x:$PATH',
    'ENV A ${C:?none}',
    'ENV =',
    `ENV L=${long}`,
    'LABEL $A=$B',
  ],
  ...[
    'RUN x',
    'RUN <<E\nx\nE',
    'RUN ["a", "b"]',
    'RUN --mount=type=cache,target=/c x',
    'RUN --mount=from=b,target=$A x',
  ],
  ...[
    'RUN --mount=type=secret,id=$B,env=S x',
    'RUN --network=host x',
    'RUN --security=insecure x',
    'RUN --device=v.com/d=x x',
  ],
  ...[
    'COPY a /',
    'COPY --from=b a /',
    'COPY --from=0 a /x',
    'COPY --from=9 a /',
    'COPY --from=$A a /',
    'COPY <<E /$A\n$B\nE',
  ],
  ...[
    'COPY --chown=$A --chmod=7$B a b /c',
    'COPY --link --parents --exclude=*.x a /d/',
    `COPY ${long} /`,
    `COPY --from=${long} a /`,
  ],
  ...[
    'ADD a.tar /',
    'ADD https://example.com/x /',
    'ADD git@github.com:a/b.git#c:d /e',
    'ADD --checksum=sha256:0 https://a/b /',
  ],
  ...[
    'WORKDIR $A',
    'WORKDIR ../x',
    `WORKDIR ${long}`,
    'USER $A:$B',
    'USER -1',
    `USER ${long}`,
    'VOLUME $A',
    'VOLUME ["/a", "$B"]',
  ],
  ...[
    'EXPOSE 80 $A',
    'EXPOSE 1-9/udp',
    `EXPOSE ${long}`,
    'STOPSIGNAL $A',
    'STOPSIGNAL 9',
    `STOPSIGNAL ${long}`,
    'MAINTAINER me',
  ],
  ...[
    'CMD x',
    'CMD ["x"]',
    'ENTRYPOINT x',
    'SHELL ["/bin/x", "-c"]',
    'HEALTHCHECK --interval=1s CMD x',
    'HEALTHCHECK NONE',
  ],
  ...[
    'ONBUILD RUN $A',
    'ONBUILD COPY --from=b a /',
    'ONBUILD FROO',
    `FROM ${long}`,
    `FROM --platform=${long} base`,
    `ARG ${long}`,
  ],
]
const file = fc
  .tuple(
    fc.constantFrom('', '# escape=`\n', '# check=error=true\n'),
    fc.array(fc.constantFrom(...instructions), { maxLength: 8 }),
  )
  .map(([head, lines]) => `${head}${lines.join('\n')}\n`)
const text = fc.oneof(
  { arbitrary: file, weight: 2 },
  { arbitrary: file.map((lines) => `FROM base AS b\n${lines.replaceAll(/^# .*\n/gm, '')}`), weight: 3 },
  mutated(dockerfileTexts(), [...instructions.map((line) => `\n${line}\n`), '$A', '${A', 'b', '/', ' ', '"']),
  soup(
    instructions.map((line) => `${line}\n`),
    6,
  ),
)
const value = fc.constantFrom('', 'b', '1', '/x', '..', '$A', '80', 'linux/arm64', 'a b', '0', 'context', long)
const request = fc.record(
  { A: value, B: value, target: fc.constantFrom(undefined, 'b', 'B', '0', 'nope') },
  { requiredKeys: ['target'] },
)

const bases = {
  base: imageConfig({ Env: ['PATH=/bin', 'A=1'], User: 'u', WorkingDir: 'w' }),
  trig: imageConfig({ OnBuild: ['ENV A=2', 'COPY --from=b a /', `RUN ${long}`] }),
}

function requestOf({ target, ...args }: { target: string | undefined; A?: string; B?: string }): PlanRequest {
  return planRequest({ buildArgs: new Map(Object.entries(args)), ...(target !== undefined && { target }) })
}

type Request = typeof request extends fc.Arbitrary<infer T> ? T : never
const source = (written: string) => ({ name: 'Dockerfile', text: written })
const input = fc.tuple(fc.oneof({ weight: 6, arbitrary: text }, anyDockerfile), request)

const planning: FuzzTarget<readonly [string, Request]> = {
  name: 'plan',
  runs: 1500,
  input,
  async holds([written, asked]) {
    const { value, error } = await outcomeOf(() => plan(parse(source(written)), requestOf(asked), stubBases(bases)))
    if (value) {
      checkPlan(value)
      for (const { message } of value.warnings) assert.ok(message.length < 2500)
    }
    if (!error) return
    assert.ok(error.message.length < 2500, error.message.slice(0, 200))
    assert.ok((error.hint ?? '').length < 1500)
    if (error.at?.source.name === 'Dockerfile') assertInside(error.at, source(written))
  },
}

const again: FuzzTarget<readonly [string, Request]> = {
  name: 'plan-again',
  runs: 200,
  input,
  async holds([written, asked]) {
    const once = async () => {
      const { value, error } = await outcomeOf(() => plan(parse(source(written)), requestOf(asked), stubBases(bases)))
      return error ? String(error) : JSON.stringify([value?.nodes, value?.image])
    }
    assert.equal(await once(), await once())
  },
}

const checking: FuzzTarget<readonly [string, Request]> = {
  name: 'check',
  runs: 600,
  input,
  async holds([written, asked]) {
    await check(source(written), requestOf(asked), stubBases(bases))
    await outcomeOf(() => outline(parse(source(written)), requestOf(asked)))
  },
}

export const planTargets = [planning, again, checking] as const
