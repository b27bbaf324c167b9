import type { LayerRecord, StepRecord } from '../builds/index.ts'
import { briefParts } from './diagram/diagram.ts'

/** Milliseconds for people: `40 ms`, `3.2 s`, `2 min 5 s`, `1 h 2 min`. */
export function timeText(milliseconds: number): string {
  const whole = Math.max(0, Math.round(milliseconds))
  if (whole < 100) return `${whole} ms`
  if (whole < 9950) return `${(whole / 1000).toFixed(1)} s`
  const seconds = Math.round(whole / 1000)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  return minutes < 60
    ? pair(minutes, 'min', seconds % 60, 's')
    : pair(Math.floor(minutes / 60), 'h', minutes % 60, 'min')
}

function pair(first: number, unit: string, second: number, smaller: string): string {
  return second === 0 ? `${first} ${unit}` : `${first} ${unit} ${second} ${smaller}`
}

/** Bytes for people, in powers of 1000: `431 B`, `3.2 MB`. */
export function sizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  let [value, unit] = [bytes / 1000, 0]
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`
}

const units = ['kB', 'MB', 'GB', 'TB', 'PB']

/** `2026-11-29 22:18:35 UTC` */
export function momentText(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

/** How long a step took; undefined for one that did not begin. */
export function tookOf({ started, completed }: StepRecord): number | undefined {
  return started === undefined || completed === undefined ? undefined : Math.max(0, completed - started)
}

/** What came of a step, in a word. */
export function outcomeText({ outcome }: StepRecord): string {
  return { cached: 'cached', ran: 'ran', error: 'failed', canceled: 'canceled', 'not-run': 'not run' }[outcome]
}

/** Digests by their first 12 digits. */
export function shortDigest(digest: string): string {
  return digest.replace(/^(\w+:)?([0-9a-f]{12})[0-9a-f]*$/, '$2')
}

/** What a layer is called: by the step that made it. */
export function layerName({ step, label }: LayerRecord): ReturnType<typeof briefParts> {
  return step === undefined ? { place: '', text: 'base image' } : briefParts(label)
}

/** What went wrong in a step, without the command that its label has already. */
export function errorText(message: string): string {
  return message.replace(/^process ".*" (?=did not complete successfully)/s, '')
}
