import { arch } from 'node:process'
import { expect } from 'vitest'
import { formatPlatform, machinePlatform, type Platform } from '../../src/image/index.ts'
import { planRequest } from '../../src/library/plan-request.ts'
import { conformanceTable } from '../support/conformance-table.ts'
import { imageConfig, planText } from '../support/planning.ts'

const file = 'convert.json'

interface PlatformsRow {
  readonly target: string | null
  readonly build: readonly string[] | null
  readonly buildResult: readonly string[]
  readonly targetResult: string
  readonly implicitTarget: boolean
}

/** What stands for a platform in the table: names, by `process.arch`. */
const machines: Readonly<Record<string, string>> = { 'OS1/Arch1': 'arm64', 'OS2/Arch2': 'x64', '{{host}}': arch }
const machineOf = (name = '{{host}}') => machines[name] ?? arch
const platformOf = (name: string) => formatPlatform(machinePlatform(machineOf(name)))

const platformsFields = ['target', 'build', 'buildResult', 'targetResult', 'implicitTarget'] as const
conformanceTable<PlatformsRow>(file, 'platforms', platformsFields, (row) => {
  // A build always knows its machine: where upstream is told none, it is that of the target.
  const machine = machineOf(row.build?.[0] ?? row.target ?? undefined)
  const request = planRequest(row.target === null ? {} : { platform: platformOf(row.target) }, new Map(), machine)
  expect([formatPlatform(request.buildPlatform)]).toEqual(row.buildResult.map(platformOf))
  expect(formatPlatform(request.platform)).toBe(platformOf(row.targetResult))
  expect(request.implicitPlatform === true).toBe(row.implicitTarget)
})

interface ExportRow {
  readonly wanted: Platform
  readonly image: Platform
  readonly id: string
  readonly platform: Platform
}

conformanceTable<ExportRow>(file, 'exportPlatform', ['wanted', 'image', 'id', 'platform'], async (row) => {
  const bases = { base: { ...imageConfig(), ...row.image } }
  const { image } = await planText('FROM base\nLABEL a=b\n', { platform: row.wanted }, bases)
  const { os, architecture, variant } = image.config
  expect({ os, architecture, variant }).toEqual(row.platform)
  expect(formatPlatform(image.config)).toBe(row.id)
})
