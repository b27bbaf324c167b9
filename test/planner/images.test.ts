import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import type { TsbuildError } from '../../src/errors.ts'
import type { Warning } from '../../src/graph/index.ts'
import type { ContainerConfig, ImageConfig } from '../../src/image/index.ts'
import { check } from '../../src/planner/index.ts'
import { conformancePath, hasConformance } from '../support/conformance.ts'
import { conformanceTable } from '../support/conformance-table.ts'
import { linesOf } from '../support/outcome.ts'
import { planError, planRequest, planText, stubBases } from '../support/planning.ts'

const file = 'convert.json'
const images = hasConformance ? baseImages() : {}

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

const imageFields = ['dockerfile', 'target', 'buildArgs', 'author', 'config', 'history', 'warnings', 'error'] as const
const noWarning = 'the error says that the variable is not set, and no warning says it again'
conformanceTable<ImageRow>(file, 'images', imageFields, expectImage, { 179: noWarning })

async function expectImage({ dockerfile, target, buildArgs, error, ...row }: ImageRow): Promise<void> {
  const request = {
    ...(target !== undefined && { target }),
    buildArgs: new Map(Object.entries(buildArgs ?? {})),
    allow: new Set(['security.insecure']),
  }
  if (error) {
    expectError(await planError(dockerfile, request, images), error)
    const report = await check({ name: 'Dockerfile', text: dockerfile }, planRequest(request), stubBases(images))
    return expect(texts(report.warnings)).toEqual(row.warnings ?? [])
  }
  const { image, warnings } = await planText(dockerfile, request, images)
  expect({ author: image.config.author, config: image.config.config }).toEqual({
    author: row.author,
    config: row.config,
  })
  const added = (row.history ?? []).filter(({ comment }) => comment)
  expect(image.history.map(({ createdBy, layer }) => [createdBy, layer === undefined])).toEqual(
    added.map(({ created_by, emptyLayer }) => [created_by, emptyLayer === true]),
  )
  expect(texts(warnings)).toEqual(row.warnings ?? [])
}

interface FileRow {
  readonly name: string
  readonly dockerfile: string
  readonly target?: string
  readonly ok: boolean
  readonly error?: string
  readonly observedError?: string
  readonly labels?: Readonly<Record<string, string>>
  /** Of the image that the last stage is built on; `busybox` here has them. */
  readonly needsNetwork?: boolean
  readonly baseDiffIds?: readonly string[]
  readonly baseCreated?: string
}

const fileFields = [
  ...(['name', 'dockerfile', 'target', 'ok', 'error', 'observedError', 'labels'] as const),
  ...(['needsNetwork', 'baseDiffIds', 'baseCreated'] as const),
]
conformanceTable<FileRow>(file, 'dockerfiles', fileFields, async (row) => {
  const request = row.target === undefined ? {} : { target: row.target }
  const bases = busyboxOf(row)
  if (!row.ok) {
    const message = row.error ?? row.observedError ?? ''
    return expectError(await planError(row.dockerfile, request, bases), { message, lines: [] })
  }
  const { image } = await planText(row.dockerfile, request, bases)
  if (row.labels) expect(image.config.config?.Labels).toEqual(row.labels)
  // What is added comes on top of these layers; the time of the base is none of the image's.
  if (row.baseDiffIds) expect(image.config.rootfs.diff_ids).toEqual(row.baseDiffIds)
  expect(image.config.created).toBeUndefined()
})

/** busybox by the names that the rows have for it. */
function busyboxOf({ baseDiffIds = [], baseCreated }: FileRow): Readonly<Record<string, ImageConfig>> {
  const busybox = {
    ...images['base'],
    ...(baseCreated !== undefined && { created: baseCreated }),
    rootfs: { type: 'layers', diff_ids: baseDiffIds },
  } as ImageConfig
  const digest = 'sha256:6d9ac9237a84afe1516540f40a0fafdc86859b2141954b4d643af7066d598b74'
  return { busybox, [`busybox:1.36.1@${digest}`]: busybox }
}

/** Warnings of BuildKit's rules as the table has them. */
function texts(warnings: readonly Warning[]): readonly string[] {
  return warnings
    .filter(({ rule }) => !rule.startsWith('tsbuild/'))
    .map(({ rule, message, at }) => `${rule}: ${message} (line ${(at?.start.line ?? -1) + 1})`)
    .sort()
}

/** The same problem in the same words, but for hints and for names and platforms, and no line that BuildKit does not name. */
function expectError(error: TsbuildError, { message, lines }: Required<ImageRow>['error']): void {
  const words = /^(failed to parse (stage name|platform) \S+?:)|^(\w+: )docker\.io.*not found$/.exec(message)
  const bare = message.replace(/ \(did you mean .*\)$/, '').replace(/^dockerfile parse error on line \d+: /, '')
  expect(error.message).toContain(words?.[1] ?? words?.[3] ?? bare)
  if (lines.length > 0) expect(lines).toEqual(expect.arrayContaining([...linesOf(error)]))
}

function baseImages(): Readonly<Record<string, ImageConfig>> {
  const document = JSON.parse(readFileSync(conformancePath(file), 'utf8')) as {
    readonly baseImages: Readonly<Record<string, ImageConfig>>
  }
  return Object.fromEntries(
    Object.entries(document.baseImages).map(([name, config]) => [/([^/]*):latest$/.exec(name)?.[1] ?? name, config]),
  )
}
