import type { BuildRecord, LayerRecord, StepRecord } from '../../src/builds/index.ts'
import { sha256 } from '../../src/digest/index.ts'
import type { MissReason, StepId } from '../../src/executor/index.ts'
import type { OpId } from '../../src/graph/index.ts'

const began = Date.UTC(2026, 10, 29, 22, 0, 0)

export const dockerfile = `# syntax=docker/dockerfile:1
FROM debian:bookworm AS build
WORKDIR /src
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm \\
    npm ci
COPY src ./src
RUN npm run build

FROM debian:bookworm AS assets
RUN apt-get update && apt-get install -y --no-install-recommends imagemagick optipng && rm -rf /var/lib/apt/lists/*
COPY images /images
RUN optipng -o7 /images/*.png

FROM debian:bookworm
COPY --from=build /src/dist /app
COPY --from=assets /images /app/images
USER nobody
CMD ["node", "/app/server.js"]
`

export function idOf(name: string): OpId {
  return sha256(name) as OpId
}

/** A step by what is worth saying: the rest follows. Times in milliseconds since the build began. */
interface Sketch extends Partial<Omit<StepRecord, 'inputs' | 'lines' | 'started' | 'completed'>> {
  readonly name: string
  readonly label: string
  readonly reads?: readonly string[]
  readonly line?: number
  readonly last?: number
  readonly from?: number
  readonly to?: number
  readonly size?: number
}

export function stepsOf(sketches: readonly Sketch[]): readonly StepRecord[] {
  return sketches.map(({ name, label, reads = [], line, last, from, to, size, ...rest }, i) => ({
    id: rest.kind === 'internal' ? (`internal:${name}` as StepId) : idOf(name),
    number: i + 1,
    label,
    kind: 'run',
    inputs: reads.map(idOf),
    outcome: 'ran',
    ...(line !== undefined && { lines: { start: line, end: last ?? line } }),
    ...(from !== undefined && { started: began + from }),
    ...(to !== undefined && { completed: began + to }),
    ...(size !== undefined && { layer: { digest: sha256(`layer of ${name}`), size }, key: sha256(`key of ${name}`) }),
    ...rest,
  }))
}

/** Files and folders of the context that are other than before. */
const filesChanged = (...paths: readonly string[]): MissReason => ({
  kind: 'changed',
  changes: [{ kind: 'files', files: paths.map((path) => ({ path, change: 'changed' })), more: 0 }],
})

const stepChanged = (label: string): MissReason => ({ kind: 'changed', changes: [{ kind: 'step', label }] })

export const serviceSteps = stepsOf([
  { name: 'load', label: '[internal] load build definition from Dockerfile', kind: 'internal', from: 0, to: 12 },
  {
    name: 'base',
    label: '[build 1/6] FROM docker.io/library/debian:bookworm',
    kind: 'image',
    line: 2,
    from: 14,
    to: 310,
  },
  { name: 'context', label: '[internal] load build context', kind: 'context', from: 14, to: 95 },
  {
    name: 'workdir',
    label: '[build 2/6] WORKDIR /src',
    kind: 'mkdir',
    reads: ['base'],
    line: 3,
    outcome: 'cached',
    saved: 9,
    from: 310,
    to: 311,
    size: 512,
  },
  {
    name: 'package',
    label: '[build 3/6] COPY package.json package-lock.json ./',
    kind: 'copy',
    reads: ['workdir', 'context'],
    line: 4,
    reason: filesChanged('/package-lock.json'),
    from: 312,
    to: 330,
    size: 184_320,
  },
  {
    name: 'apt',
    label:
      '[assets 2/4] RUN apt-get update && apt-get install -y --no-install-recommends imagemagick optipng && rm -rf /var/lib/apt/lists/*',
    reads: ['base'],
    line: 11,
    outcome: 'cached',
    saved: 21_400,
    source: 'ghcr.io/me/app:cache',
    from: 311,
    to: 318,
    size: 96_400_000,
  },
  {
    name: 'images',
    label: '[assets 3/4] COPY images /images',
    kind: 'copy',
    reads: ['apt', 'context'],
    line: 12,
    reason: filesChanged('/images/logo.png', '/images/a.png', '/images/b.png'),
    from: 320,
    to: 402,
    size: 8_100_000,
  },
  {
    name: 'ci',
    label: '[build 4/6] RUN --mount=type=cache,target=/root/.npm     npm ci',
    reads: ['package'],
    line: 5,
    last: 6,
    reason: stepChanged('[build 3/6] COPY'),
    from: 331,
    to: 7420,
    size: 61_000_000,
    log: { bytes: 900, lines: 12 },
  },
  {
    name: 'optipng',
    label: '[assets 4/4] RUN optipng -o7 /images/*.png',
    reads: ['images'],
    line: 13,
    reason: stepChanged('[build 3/6] COPY'),
    from: 403,
    to: 4210,
    size: 7_300_000,
    log: { bytes: 100, lines: 3 },
  },
  {
    name: 'src',
    label: '[build 5/6] COPY src ./src',
    kind: 'copy',
    reads: ['ci', 'context'],
    line: 7,
    reason: filesChanged('/src/app.ts', '/src/index.ts', '/src/page.ts'),
    from: 7421,
    to: 7460,
    size: 840_000,
  },
  {
    name: 'build',
    label: '[build 6/6] RUN npm run build',
    reads: ['src'],
    line: 8,
    reason: stepChanged('[build 5/6] COPY'),
    from: 7460,
    to: 11_230,
    size: 3_400_000,
    log: { bytes: 700, lines: 9 },
  },
  {
    name: 'dist',
    label: '[stage-2 2/3] COPY --from=build /src/dist /app',
    kind: 'copy',
    reads: ['base', 'build'],
    line: 16,
    reason: stepChanged('[build 6/6] COPY'),
    from: 11_231,
    to: 11_290,
    size: 2_900_000,
  },
  {
    name: 'pictures',
    label: '[stage-2 3/3] COPY --from=assets /images /app/images',
    kind: 'copy',
    reads: ['dist', 'optipng'],
    line: 17,
    reason: stepChanged('[build 4/6] COPY'),
    from: 11_291,
    to: 11_330,
    size: 7_300_000,
  },
  { name: 'export', label: 'exporting to image', kind: 'internal', from: 11_331, to: 11_802 },
])

const layers: readonly LayerRecord[] = [
  { digest: sha256('debian'), size: 48_500_000, label: 'FROM docker.io/library/debian:bookworm' },
  {
    digest: sha256('layer of dist'),
    size: 2_900_000,
    step: idOf('dist'),
    label: '[stage-2 2/3] COPY --from=build /src/dist /app',
  },
  {
    digest: sha256('layer of pictures'),
    size: 7_300_000,
    step: idOf('pictures'),
    label: '[stage-2 3/3] COPY --from=assets /images /app/images',
  },
]

/** A build of a service with three stages. */
export const serviceRecord: BuildRecord = {
  version: 1,
  id: 'abcdefghij0123456789',
  number: 12,
  name: 'ghcr.io/me/app:1.4',
  status: 'completed',
  started: began,
  completed: began + 11_802,
  directory: '/home/me/app',
  context: '/home/me/app',
  dockerfile: { path: '/home/me/app/Dockerfile', text: dockerfile },
  platforms: ['linux/amd64'],
  tags: ['ghcr.io/me/app:1.4', 'ghcr.io/me/app:latest'],
  steps: serviceSteps,
  images: [{ platform: 'linux/amd64', digest: sha256('manifest'), layers }],
}

/** What a hostile Dockerfile, base image or step may bring into a page, wherever it is text. */
export const hostile = `</pre></style><script>window.ran = 1</script><img src=x onerror="window.ran = 1">" onclick='window.ran = 1' &lt; \u202e`

/** The same build, failed in a step whose every text is hostile. */
export const failedRecord: BuildRecord = {
  ...serviceRecord,
  name: hostile,
  status: 'error',
  context: hostile,
  target: hostile,
  tags: [hostile],
  dockerfile: { path: hostile, text: `${dockerfile}${hostile}\n` },
  error: {
    code: 'TSB_STEP_FAILED',
    message: hostile,
    hint: `${hostile} no folder of PATH has it (${'/usr/local/sbin:/usr/local/bin'.repeat(3)})`,
    line: 8,
    step: idOf('build'),
  },
  images: [],
  steps: serviceSteps.map((step): StepRecord => {
    if (step.id === idOf('build'))
      return { ...step, label: `[build 6/6] RUN ${hostile}`, outcome: 'error', error: hostile }
    if (step.id === idOf('src')) return { ...step, reason: filesChanged(hostile, hostile) }
    if (step.number < 11) return step
    const { started, completed, reason, layer, key, ...rest } = step
    return { ...rest, outcome: 'not-run' }
  }),
}

/** What npm prints, with colours, a line that is drawn over, and what a terminal would obey. */
export const hostileLog = `\x1b[32madded\x1b[0m 412 packages\n10%\r50%\r100%\n\x1b]0;title\x07\x1b[2J\x1b[8m${hostile}\x1b[0m\n`
