import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ImageConfig } from '../../src/image/index.ts'
import type { NamedContext } from '../../src/planner/index.ts'
import { conformancePath, hasConformance, skipReason } from '../support/conformance.ts'
import { imageConfig, planText } from '../support/planning.ts'

interface GoldenCase {
  readonly name: string
  readonly dockerfile: string
  readonly dockerfileOutside?: boolean
  readonly target?: string
  readonly buildArgs?: Readonly<Record<string, string>>
  readonly contexts?: Readonly<Record<string, { readonly dir?: string; readonly image?: string }>>
  readonly options?: { readonly platform?: string; readonly labels?: Readonly<Record<string, string>> }
  readonly expect: 'success' | 'failure'
  readonly errorContains?: string
  readonly setup?: {
    readonly files?: Readonly<Record<string, string | { readonly base64: string }>>
    readonly symlink?: Readonly<Record<string, string>>
  }
}

interface Golden {
  readonly config: object
  readonly history: readonly {
    readonly created_by?: string
    readonly empty_layer?: boolean
    readonly comment?: string
  }[]
}

/** What reading the file system or running the steps shows, not planning. */
const notPlanned = new Set([
  'bk-copy-missing',
  'bk-dockerignore-invalid',
  'bk-invalid-json-run',
  'bk-parser-copy-json-tabs',
  'bk-secret-required-missing',
  'bk-source-date-epoch-invalid',
  'buildah-copy-multiple-some-missing',
  'buildah-replace-directory-with-symlink',
  'buildah-replace-symlink-with-directory',
  'own-add-tar-onto-file',
  'own-add-tar-symlink-escape',
  'own-copy-dir-onto-file',
  'own-copy-dir-onto-inner-symlink',
  'own-copy-file-onto-dir-inside-tree',
  'own-copy-file-through-file',
  'own-copy-link-chown-name',
  'own-copy-many-without-slash',
  'own-mount-missing-source',
  'own-run-exit-status',
  'own-workdir-is-file',
])

const busybox: ImageConfig = {
  ...imageConfig({ Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'], Cmd: ['sh'] }),
  history: [{ comment: 'Imported from -' }],
}

const golden = conformancePath('golden')
const cases = hasConformance
  ? readdirSync(golden)
      .filter((name) => existsSync(resolve(golden, name, 'case.json')))
      .map((name) => JSON.parse(readFileSync(resolve(golden, name, 'case.json'), 'utf8')) as GoldenCase)
  : []

describe.skipIf(!hasConformance)(`golden images (${hasConformance ? golden : skipReason})`, () => {
  for (const golden of cases.filter((one) => one.expect === 'success' && !notPlanned.has(one.name))) {
    it(`${golden.name}: config and history are planned as BuildKit makes them`, async () => {
      const want = readGolden(golden.name)
      const { image } = await planCase(golden)
      expect(pickConfig(image.config)).toEqual(pickConfig(want.config))
      const rows = image.history.map(({ createdBy, layer }) => ({ created_by: createdBy, empty: layer === undefined }))
      const added = want.history.filter(({ comment }) => comment?.startsWith('buildkit.'))
      expect(rows).toEqual(added.map((row) => ({ created_by: row.created_by, empty: row.empty_layer === true })))
    })
  }

  for (const golden of cases.filter((one) => one.expect === 'failure' && !notPlanned.has(one.name))) {
    it(`${golden.name}: refused before anything runs`, async () => {
      await expect(async () => planCase(golden)).rejects.toThrow(golden.errorContains)
    })
  }
})

function planCase(golden: GoldenCase) {
  const [os = 'linux', architecture = 'amd64', variant] = (golden.options?.platform ?? 'linux/amd64').split('/')
  const contexts = Object.entries(golden.contexts ?? {}).map(([name, { image }]): [string, NamedContext] => [
    name,
    image === undefined ? { kind: 'local' } : { kind: 'image', reference: image },
  ])
  return planText(
    dockerfileOf(golden),
    {
      ...(golden.target !== undefined && { target: golden.target }),
      buildArgs: new Map(Object.entries(golden.buildArgs ?? {})),
      labels: new Map(Object.entries(golden.options?.labels ?? {})),
      namedContexts: new Map(contexts),
      platform: { os, architecture, ...(variant && { variant }) },
    },
    { busybox },
  )
}

function dockerfileOf({ name, dockerfile, dockerfileOutside, setup }: GoldenCase): string {
  const file = setup?.symlink?.[dockerfile] ?? dockerfile
  const text = setup?.files?.[file]
  if (typeof text === 'string') return text
  if (text) return Buffer.from(text.base64, 'base64').toString()
  return readFileSync(resolve(golden, name, dockerfileOutside ? 'dockerfile' : 'context', file), 'utf8')
}

function readGolden(name: string): Golden {
  return JSON.parse(readFileSync(resolve(golden, name, 'golden.json'), 'utf8')) as Golden
}

/** Without what only the layers decide. */
function pickConfig(config: object): object {
  const { rootfs: _, history: __, created: ___, ...rest } = config as Record<string, unknown>
  return rest
}
