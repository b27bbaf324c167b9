import { expect } from 'vitest'
import { proxyVariables } from '../../src/planner/proxy.ts'
import { conformanceTable } from '../support/conformance-table.ts'

interface ProxyRow {
  readonly buildArgs: Readonly<Record<string, string>>
  readonly proxy: Readonly<Record<string, string>> | null
}

const names: Readonly<Record<string, string>> = {
  httpProxy: 'http_proxy',
  httpsProxy: 'https_proxy',
  ftpProxy: 'ftp_proxy',
  noProxy: 'no_proxy',
  allProxy: 'all_proxy',
}

conformanceTable<ProxyRow>('convert.json', 'proxy', ['buildArgs', 'proxy'], ({ buildArgs, proxy }) => {
  const want = Object.entries(proxy ?? {}).flatMap(([key, value]) => [
    `${names[key]?.toUpperCase()}=${value}`,
    `${names[key]}=${value}`,
  ])
  expect([...proxyVariables(new Map(Object.entries(buildArgs)), new Map())].sort()).toEqual(want.sort())
})
