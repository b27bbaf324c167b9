import type { Tone } from './diagram.ts'

/** Fills of boxes, for black text, where the reader of a graph chooses none. */
export const fills: Readonly<Record<Tone, string>> = {
  source: '#e8e8e8',
  hit: '#c9ecd0',
  miss: '#ffd9b0',
  unknown: '#fff3b8',
  error: '#ffc4c0',
  idle: '#f4f4f4',
}
