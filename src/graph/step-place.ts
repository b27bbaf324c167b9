/** Where in its stage a step stands, as its label says. */
export interface StepPlace {
  /** `linux/arm64`, in a build for several platforms. */
  readonly platform?: string
  /** Absent in a Dockerfile of one stage. */
  readonly stage?: string
  /** From 1 on. */
  readonly index: number
  readonly total: number
}

const place = /^\[(?:([a-z0-9]+\/[^\s\]]+) )?(?:([^\s\]]+) )?\s*(\d+)\/(\d+)\] /

/** Reads `[linux/arm64 build 2/5] …`; undefined for what is no step of a stage. */
export function stepPlace(label: string): StepPlace | undefined {
  const found = place.exec(label)
  if (!found) return undefined
  const [, platform, stage, index, total] = found
  return { ...(platform && { platform }), ...(stage && { stage }), index: Number(index), total: Number(total) }
}
