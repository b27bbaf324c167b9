import { expect } from 'vitest'
import { parsePorts } from '../../src/planner/ports.ts'
import { conformanceTable } from '../support/conformance-table.ts'
import { errorOf } from '../support/outcome.ts'

interface ExposeRow {
  readonly specs: readonly string[]
  readonly ports?: readonly string[]
  /** True for any message. */
  readonly error?: string | true
  readonly observedError?: string
}

const fields = ['specs', 'ports', 'error', 'observedError'] as const
for (const table of ['expose', 'exposeMore']) {
  conformanceTable<ExposeRow>('convert.json', table, fields, ({ specs, ports, error, observedError }) => {
    const parse = () => specs.flatMap((spec) => parsePorts(spec))
    if (ports) return expect(parse()).toEqual(ports)
    const said = errorOf(parse)?.message ?? 'nothing'
    // For a bracket that is not closed Go tells more than the address.
    const expected = error === true ? (observedError ?? '') : (error ?? '').replace('address [', 'address: [')
    expect(expected.startsWith(said), said).toBe(true)
  })
}
