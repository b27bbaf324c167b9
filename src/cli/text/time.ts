/** How long ago, in words and rounded down, as docker says it: `About a minute`, `3 weeks`. */
export function humanDuration(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000)
  if (seconds < 1) return 'Less than a second'
  if (seconds < 60) return seconds === 1 ? '1 second' : `${seconds} seconds`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return minutes === 1 ? 'About a minute' : `${minutes} minutes`
  const hours = Math.floor(milliseconds / 3_600_000 + 0.5)
  if (hours < 48) return hours === 1 ? 'About an hour' : `${hours} hours`
  const days = Math.floor(hours / 24)
  if (days < 14) return `${days} days`
  if (days < 60) return `${Math.floor(days / 7)} weeks`
  if (days < 730) return `${Math.floor(days / 30)} months`
  return `${Math.floor(days / 365)} years`
}

/** No clock was right before this: docker's `N/A`. */
const unknownUntil = Date.UTC(2000, 0, 1)

/** `2 hours ago`; `N/A` for a time that is missing or not after 2000-01-01. */
export function timeAgo(created: string | undefined, now: number): string {
  const time = created === undefined ? Number.NaN : Date.parse(created)
  return time > unknownUntil ? `${humanDuration(now - time)} ago` : 'N/A'
}

/** RFC 3339 in local time, whole seconds, as Go writes it; a missing time is that of 1970. */
export function localTime(created: string | undefined): string {
  const { date, clock, offset } = localParts(created)
  return `${date}T${clock}${offset === '+00:00' ? 'Z' : offset}`
}

/** Go's default form of a time: `2006-01-02 15:04:05 -0700 MST`. */
export function goTime(created: string | undefined): string {
  const { date, clock, offset, zone } = localParts(created)
  return `${date} ${clock} ${offset.replace(':', '')} ${zone}`
}

function localParts(created: string | undefined) {
  const parsed = created === undefined ? 0 : Date.parse(created)
  const time = Number.isNaN(parsed) ? 0 : parsed
  const minutes = -new Date(time).getTimezoneOffset()
  const iso = new Date(time + minutes * 60_000).toISOString()
  const zone = new Intl.DateTimeFormat('en-US', { timeZoneName: 'short' })
    .formatToParts(time)
    .find((part) => part.type === 'timeZoneName')
  return { date: iso.slice(0, 10), clock: iso.slice(11, 19), offset: offsetText(minutes), zone: zone?.value ?? 'UTC' }
}

function offsetText(minutes: number): string {
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0')
  return `${minutes < 0 ? '-' : '+'}${two(Math.abs(minutes) / 60)}:${two(Math.abs(minutes) % 60)}`
}
