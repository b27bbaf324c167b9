import { readFile } from 'node:fs/promises'
import { isSystemError } from '../errors.ts'
import type { Hosts } from '../executor/index.ts'
import { parseAddHost } from './plan-request.ts'

/** The names of `--add-host`, and the resolver of this machine. */
export function openHosts(addHosts: readonly string[] | undefined): Hosts {
  return {
    extra: (addHosts ?? []).map(parseAddHost),
    async resolvConf() {
      try {
        return await readFile('/etc/resolv.conf', 'utf8')
      } catch (error) {
        if (isSystemError(error, 'ENOENT')) return ''
        throw error
      }
    },
  }
}
