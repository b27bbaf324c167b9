import type { SourceRange } from '../../source.ts'
import { splitPort } from '../ports.ts'
import type { Warn } from './checks.ts'

/** A word of EXPOSE: `80/TCP`, and what belongs to `docker run -p`. What is no port at all is an error elsewhere. */
export function checkPort(text: string, at: SourceRange, warn: Warn): void {
  const { ip, host, container } = splitPort(text)
  const [, protocol = ''] = /\/(.*)$/.exec(container) ?? []
  if (protocol !== protocol.toLowerCase()) {
    const message = `Defined protocol '${text}' in EXPOSE instruction should be lowercase`
    warn({ rule: 'ExposeProtoCasing', message, at })
  }
  if (ip === '' && host === '') return
  const message = `EXPOSE instruction should not define an IP address or host-port mapping, found '${text}'`
  warn({ rule: 'ExposeInvalidFormat', message, at })
}
