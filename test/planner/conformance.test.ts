import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { TsbuildError } from '../../src/errors.ts'
import type { ContainerConfig, Healthcheck, ImageConfig } from '../../src/image/index.ts'
import { formatHealthcheck } from '../../src/planner/instructions/healthcheck.ts'
import { resolveWorkdir } from '../../src/planner/instructions/workdir.ts'
import { parsePorts } from '../../src/planner/ports.ts'
import { proxyVariables } from '../../src/planner/proxy.ts'
import { setInEnvironment, splitVariable } from '../../src/planner/variables.ts'
import { conformanceCases, conformancePath, hasConformance, skipReason } from '../support/conformance.ts'
import { planText } from '../support/planning.ts'

const title = (table: string) => `${table}${hasConformance ? '' : ` (${skipReason})`}`
const rows = <T>(table: string) => conformanceCases<T>('convert.json', table)

interface ImageRow {
  readonly dockerfile: string
  readonly target?: string
  readonly buildArgs?: Readonly<Record<string, string>>
  readonly author?: string
  readonly config?: ContainerConfig
  readonly history?: readonly {
    readonly created_by: string
    readonly comment?: string
    readonly emptyLayer?: boolean
  }[]
  readonly warnings?: readonly string[]
  readonly error?: { readonly message: string; readonly lines: readonly number[] }
}

describe.skipIf(!hasConformance)(title('convert.json images'), () => {
  const images = hasConformance ? baseImages() : {}
  rows<ImageRow>('images').forEach((row, index) => {
    const plan = () =>
      planText(
        row.dockerfile,
        {
          ...(row.target !== undefined && { target: row.target }),
          buildArgs: new Map(Object.entries(row.buildArgs ?? {})),
          allow: new Set(['security.insecure']),
        },
        images,
      )
    const name = `images#${index} ${JSON.stringify(row.dockerfile.slice(0, 80))}`
    // Build checks and files without instructions are not planning.
    if (/^# check=(error|foo)|^(# only\n)?$/.test(row.dockerfile)) return
    else if (row.error)
      it(name, async () => expectError(await failure(plan), row.error?.message ?? '', row.error?.lines))
    else it(name, async () => expectImage(await plan(), row))
  })
})

interface FileRow {
  readonly name: string
  readonly dockerfile: string
  readonly target?: string
  readonly ok: boolean
  readonly error?: string
  readonly observedError?: string
  readonly labels?: Readonly<Record<string, string>>
}

describe.skipIf(!hasConformance)(title('convert.json dockerfiles'), () => {
  for (const row of rows<FileRow>('dockerfiles')) {
    const busybox = { ...baseImages()['base'], architecture: 'amd64' } as ImageConfig
    const images = {
      busybox,
      'busybox:1.36.1@sha256:6d9ac9237a84afe1516540f40a0fafdc86859b2141954b4d643af7066d598b74': busybox,
    }
    const plan = () => planText(row.dockerfile, row.target === undefined ? {} : { target: row.target }, images)
    it(row.name, async () => {
      if (!row.ok) return expectError(await failure(plan), row.error ?? row.observedError ?? '')
      const { image } = await plan()
      if (row.labels) expect(image.config.config?.Labels).toEqual(row.labels)
    })
  }
})

describe.skipIf(!hasConformance)(title('convert.json expose'), () => {
  interface Row {
    readonly specs: readonly string[]
    readonly ports?: readonly string[]
    readonly error?: string | true
  }
  for (const row of [...rows<Row>('expose'), ...rows<Row>('exposeMore')]) {
    it(JSON.stringify(row.specs), async () => {
      const parse = () => row.specs.flatMap((spec) => parsePorts(spec))
      if (row.ports) return expect(parse()).toEqual(row.ports)
      const error = await failure(parse)
      expect(error).toMatchObject({ code: 'TSB_EXPOSE' })
      // For a bracket that is not closed Go tells more than the address.
      const said = (error as Error).message.replace('address: [', 'address [')
      if (typeof row.error === 'string') expect(row.error.startsWith(said), said).toBe(true)
    })
  }
})

describe.skipIf(!hasConformance)(title('convert.json workdir'), () => {
  interface Row {
    readonly name: string
    readonly current: string
    readonly new: string
    readonly result: string
  }
  for (const row of rows<Row>('workdir')) {
    it(row.name, () => expect(resolveWorkdir(row.current, row.new)).toBe(row.result))
  }
})

describe.skipIf(!hasConformance)(title('convert.json addEnv and keyValue'), () => {
  interface Row {
    readonly key: string
    readonly value: string
    readonly env: readonly string[]
    readonly result: readonly string[]
  }
  for (const { key, value, env, result } of rows<Row>('addEnv')) {
    it(`${key}=${value} in ${env.join(' ')}`, () => expect(setInEnvironment(env, key, value)).toEqual(result))
  }
  for (const { key, text, value } of rows<{ readonly key: string; readonly text: string; readonly value: string }>(
    'keyValue',
  )) {
    it(`${text} is ${key} and "${value}"`, () => expect(splitVariable(text)).toEqual([key, value]))
  }
})

describe.skipIf(!hasConformance)(title('convert.json proxy'), () => {
  interface Row {
    readonly buildArgs: Readonly<Record<string, string>>
    readonly proxy: Readonly<Record<string, string>> | null
  }
  const keys: Readonly<Record<string, string>> = { httpProxy: 'http_proxy', noProxy: 'no_proxy', allProxy: 'all_proxy' }
  for (const { buildArgs, proxy } of rows<Row>('proxy')) {
    it(Object.keys(buildArgs).join(' '), () => {
      const want = Object.entries(proxy ?? {}).flatMap(([key, value]) => [
        `${keys[key]?.toUpperCase()}=${value}`,
        `${keys[key]}=${value}`,
      ])
      expect([...proxyVariables(new Map(Object.entries(buildArgs)), new Map())].sort()).toEqual(want.sort())
    })
  }
})

describe.skipIf(!hasConformance)(title('convert.json healthcheckHistory'), () => {
  interface Row {
    readonly healthcheck: Readonly<Record<string, unknown>>
    readonly createdBy: string
  }
  for (const { healthcheck, createdBy } of rows<Row>('healthcheckHistory')) {
    it(createdBy, () => {
      const keys = Object.entries(healthcheck).map(([key, value]) => [
        key.charAt(0).toUpperCase() + key.slice(1),
        value,
      ])
      expect(`HEALTHCHECK ${formatHealthcheck(Object.fromEntries(keys) as Healthcheck)}`).toBe(createdBy)
    })
  }
})

function expectImage({ image, warnings }: Awaited<ReturnType<typeof planText>>, row: ImageRow): void {
  expect({ author: image.config.author, config: image.config.config }).toEqual({
    author: row.author,
    config: row.config,
  })
  const added = (row.history ?? []).filter(({ comment }) => comment)
  expect(image.history.map(({ createdBy, layer }) => [createdBy, layer === undefined])).toEqual(
    added.map(({ created_by, emptyLayer }) => [created_by, emptyLayer === true]),
  )
  const planned = /^(UndefinedVar|InvalidBaseImagePlatform):/
  const shown = warnings.map(({ rule, message, at }) => `${rule}: ${message} (line ${(at?.start.line ?? -1) + 1})`)
  expect(shown.filter((text) => planned.test(text)).sort()).toEqual(
    (row.warnings ?? []).filter((text) => planned.test(text)).sort(),
  )
}

/** The same problem in the same words, but for hints, and the place that BuildKit blames. */
function expectError(error: unknown, message: string, lines: readonly number[] = []): void {
  expect(error).toBeInstanceOf(TsbuildError)
  const { message: said, at } = error as TsbuildError
  const looser = /^(failed to parse (stage name|platform) \S+?:)|^(\w+: )docker\.io.*not found$/.exec(message)
  if (looser) expect(said).toContain(looser[1] ?? looser[3])
  else expect(said).toContain(bare(message))
  if (lines[0] !== undefined) expect(at && at.start.line + 1).toBe(lines[0])
}

function bare(message: string): string {
  return message.replace(/ \(did you mean .*\)$/, '').replace(/^dockerfile parse error on line \d+: /, '')
}

async function failure(work: () => unknown): Promise<unknown> {
  try {
    await work()
  } catch (error) {
    return error
  }
  throw new Error('it went well')
}

function baseImages(): Readonly<Record<string, ImageConfig>> {
  const document = JSON.parse(readFileSync(conformancePath('convert.json'), 'utf8')) as {
    readonly baseImages: Readonly<Record<string, ImageConfig>>
  }
  return Object.fromEntries(
    Object.entries(document.baseImages).map(([name, config]) => [/([^/]*):latest$/.exec(name)?.[1] ?? name, config]),
  )
}
