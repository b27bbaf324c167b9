import { withoutLogins } from '../logins.ts'

/** As much of a text as a message should show, on one line, without the logins of URLs. */
export function excerpt(text: string, limit = 60): string {
  const line = withoutLogins(text).replace(/\s+/g, ' ')
  return line.length > limit ? `${line.slice(0, limit)}…` : line
}
