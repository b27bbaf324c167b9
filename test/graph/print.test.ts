import { expect, it } from 'vitest'
import { printPlan } from '../../src/graph/index.ts'
import { imageConfig, planText } from '../support/planning.ts'

const dockerfile = `FROM debian AS build
ARG V=1
WORKDIR /src
COPY --chown=1:2 package.json *.lock ./
RUN --mount=type=cache,target=/root/.npm --mount=type=secret,id=token,env=TOKEN --network=none npm ci
FROM scratch
COPY --link --from=build /src/dist /app/
ADD --chmod=0644 a.tar <<note /app/
text
note
CMD ["/app/run"]
`

it('a plan is printed an op a line, with numbers for what it reads', async () => {
  const plan = await planText(dockerfile, { noCache: ['build'] }, { debian: imageConfig({ Env: ['PATH=/bin'] }) })
  expect(printPlan(plan)).toMatchInlineSnapshot(`
    "#1 [build 1/4] FROM docker.io/library/debian@sha256:74a7893e8366 | image docker.io/library/debian@sha256:74a7893e8366 linux/amd64
    #2 [build 2/4] WORKDIR /src | mkdir <- #1 /src mode=0755 no-cache
    #3 [internal] load build context | context context
    #4 [build 3/4] COPY --chown=1:2 package.json *.lock ./ | copy <- #2 #3 #3:package.json #3:*.lock -> /src/ chown=1:2 no-cache
    #5 [build 4/4] RUN --mount=type=cache,target=/root/.npm --mount=type=secret,id=token,env=TOKEN --network=none npm ci | run <- #4 ["/bin/sh","-c","npm ci"] cwd=/src env=["PATH=/bin","V=1"] network=none mount(cache target=/root/.npm id=/root/.npm sharing=shared mode=0755 uid=0 gid=0 readOnly=false) mount(secret id=token env=TOKEN required=false mode=0400 uid=0 gid=0) linux/amd64 no-cache
    #6 FROM scratch | scratch
    #7 [stage-1 1/2] COPY --link --from=build /src/dist /app/ | copy <- #5 #6 #5:/src/dist -> /app/ link
    #8 [stage-1 2/2] ADD --chmod=0644 a.tar <<note /app/ | copy <- #7 #3 #3:a.tar(unpack) <<note(5) -> /app/ chmod=0644
    target #8
    history #7 COPY /src/dist /app/ # buildkit
    history #8 ADD --chmod=0644 a.tar <<note /app/ # buildkit
    history - CMD ["/app/run"]
    "
  `)
})

it('the same plan is printed alike', async () => {
  const [one, two] = await Promise.all([
    planText('FROM scratch\nCOPY a /\n'),
    planText('\n# x\nFROM scratch\n\nCOPY a \\\n/\n'),
  ])
  expect(printPlan(one)).toBe(printPlan(two))
})

it('a line feed in a value does not start a line', async () => {
  const plan = await planText('FROM scratch\nRUN <<E\na\nb\nE\nLABEL x="y\\\nz"\n')
  const lines = printPlan(plan).trimEnd().split('\n')
  expect(lines).toHaveLength(plan.nodes.length + 1 + plan.image.history.length)
})
