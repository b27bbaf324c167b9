/** A change within a second of another has the same date; RFC 9110 trusts one that is this much older than its answer. */
const strongAfter = 60

/**
 * The time of a `Last-Modified` or `Date` in seconds since 1970, in one of the three forms that HTTP has; undefined for
 * anything else.
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-date-time-formats
 */
export function parseHttpDate(text: string | undefined): number | undefined {
  const match = text === undefined ? null : (imf.exec(text) ?? rfc850.exec(text) ?? asctime.exec(text))
  const { day = '', month = '', year = '', time = '' } = match?.groups ?? {}
  const [hours = 0, minutes = 0, seconds = 0] = time.split(':').map(Number)
  const at = Date.UTC(fullYear(year), months.indexOf(month), Number(day), hours, minutes, seconds) / 1000
  return match && months.includes(month) && at >= 0 ? at : undefined
}

/** `Last-Modified`, when a later change cannot have the same: only then may one ask by it whether there was one. */
export function strongDate(lastModified: string | undefined, date: string | undefined): string | undefined {
  const [modified, answered] = [parseHttpDate(lastModified), parseHttpDate(date)]
  return modified !== undefined && answered !== undefined && answered - modified >= strongAfter
    ? lastModified
    : undefined
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const imf = /^\w{3}, (?<day>\d\d) (?<month>\w{3}) (?<year>\d{4}) (?<time>\d\d:\d\d:\d\d) GMT$/
const rfc850 = /^\w{6,9}, (?<day>\d\d)-(?<month>\w{3})-(?<year>\d\d) (?<time>\d\d:\d\d:\d\d) GMT$/
const asctime = /^\w{3} (?<month>\w{3}) (?<day>[ \d]\d) (?<time>\d\d:\d\d:\d\d) (?<year>\d{4})$/

/** As Go: `69` is 1969, `68` is 2068. */
function fullYear(year: string): number {
  const number = Number(year)
  return year.length === 4 ? number : number + (number >= 69 ? 1900 : 2000)
}
