import type { HttpResponse } from '../http/index.ts'

/** Told of each answer of a registry. */
export type Warned = (host: string, response: HttpResponse) => void

/** Texts of one client that are shown at most: a registry is not to fill a screen. */
const atMost = 10

/**
 * Passes on what registries warn of (`Warning: 299 - "…"`), each text once, as plain text of one line.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#warnings
 */
export function openWarnings(notice: (message: string) => void): Warned {
  const seen = new Set<string>()
  return (host, { headers: { warning } }) => {
    if (warning === undefined) return
    for (const [, quoted = ''] of String(warning).matchAll(/299 - "((?:[^"\\]|\\.)*)"/g)) {
      const text = quoted
        .replace(/\\(.)/g, '$1')
        .replace(/[^\x20-\x7e]+/g, ' ')
        .slice(0, 200)
      const message = `${host} warns: ${text}`
      if (seen.has(message) || seen.size >= atMost) continue
      seen.add(message)
      notice(message)
    }
  }
}
