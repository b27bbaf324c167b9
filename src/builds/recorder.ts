import { randomBytes } from 'node:crypto'
import { renameSync, writeFileSync } from 'node:fs'
import type { EventSink, StepId } from '../executor/index.ts'
import { type Release, tryAcquire } from '../store/index.ts'
import { claimNumber } from './claim.ts'
import { type Collected, collect } from './collect.ts'
import { buildLock, keptBuilds, logFile, recordFile } from './files.ts'
import { forgetOld } from './forget.ts'
import { type LogWriter, openLog } from './log.ts'
import type { BuildRecord, StepRecord } from './record.ts'

/** What is known of a build when it begins. */
export type BuildStart = Pick<BuildRecord, 'name' | 'started' | 'directory' | 'context' | 'target' | 'tags'>

/** What is known when it is over. */
export type BuildEnd = Pick<BuildRecord, 'status' | 'completed' | 'dockerfile' | 'platforms' | 'error' | 'images'>

/** Writes down what happens in one build. What cannot be written is left out: a build never fails for its record. */
export interface Recorder {
  readonly id: string
  /** Takes what happens, after secrets were taken out of it. */
  readonly event: EventSink
  /** Nothing of it is on the disk. */
  readonly isEmpty: boolean
  /** Of all steps that the graph has. */
  readonly labels: () => readonly string[]
  /** The number that the record will have; undefined when none can be had. */
  claim(): number | undefined
  /** Writes the record, and removes old ones. Returns it as it was written; undefined when that was not possible. */
  end(end: BuildEnd): BuildRecord | undefined
}

/** @param root the real path of the store */
export function openRecorder(root: string, start: BuildStart): Recorder {
  const id = randomId()
  const steps = collect()
  const logs = openLogs()
  let claimed: number | undefined
  let release: Release | undefined
  const numberOf = () => {
    claimed ??= claimNumber(root)
    return claimed
  }
  /** What is written while the build goes on is not to be taken for what a killed one left. */
  const lockedNumber = () => {
    const number = numberOf()
    release ??= tryAcquire(buildLock(root, number))
    return number
  }
  return {
    id,
    get isEmpty() {
      return claimed === undefined
    },
    labels: () => steps.labels,
    event(event) {
      steps.event(event)
      if (event.type !== 'step:log') return
      const number = steps.numberOf(event.step)
      if (number !== undefined) {
        logs.write(event.step, event.bytes, () => logFile(root, lockedNumber(), number))
      }
    },
    // A build in which nothing runs is over at once, and takes no lock: that would load native code.
    claim: () => unlessImpossible(hasMissed(steps) ? lockedNumber : numberOf),
    end({ dockerfile, error, ...end }) {
      const logged = logs.close()
      const { failed } = steps
      return unlessImpossible(() => {
        const number = numberOf()
        try {
          const record: BuildRecord = {
            version: 1,
            id,
            number,
            ...start,
            ...end,
            ...(dockerfile && { dockerfile: ofBearableLength(dockerfile) }),
            ...(error && { error: { ...error, ...(failed && { step: failed }) } }),
            steps: steps.steps(end.completed).map((step) => withLog(step, logged)),
          }
          write(recordFile(root, number), record)
          // The record is there, whatever becomes of older ones.
          unlessImpossible(() => forgetOld(root, keptBuilds, end.completed))
          return record
        } finally {
          release?.()
        }
      })
    },
  }
}

function hasMissed(steps: Collected): boolean {
  return steps.steps(0).some(({ reason }) => reason !== undefined)
}

/** As docker's build references look. */
function randomId(): string {
  const digits = '0123456789abcdefghijklmnopqrstuvwxyz'
  return Array.from(randomBytes(20), (byte) => digits[byte % digits.length]).join('')
}

type Dockerfile = NonNullable<BuildRecord['dockerfile']>

/** Characters of a Dockerfile that is kept. */
const longestText = 1 << 20

function ofBearableLength({ path, text = '' }: Dockerfile): Dockerfile {
  return { path, ...(text.length <= longestText && { text }) }
}

type Logged = NonNullable<StepRecord['log']>

function withLog(step: StepRecord, logged: ReadonlyMap<StepId, Logged>): StepRecord {
  const log = logged.get(step.id)
  return log ? { ...step, log } : step
}

/** The files of all steps, each open from its first output on. */
function openLogs() {
  const writers = new Map<StepId, LogWriter>()
  const cut = new Set<StepId>()
  return {
    write(step: StepId, bytes: Uint8Array, pathOf: () => string): void {
      if (cut.has(step)) return
      const isWritten = unlessImpossible(() => {
        const writer = writers.get(step) ?? openLog(pathOf())
        writers.set(step, writer)
        writer.write(bytes)
        return true
      })
      if (!isWritten) cut.add(step)
    },
    close(): ReadonlyMap<StepId, Logged> {
      return new Map(
        [...writers].map(([step, writer]) => {
          const { bytes, lines } = writer
          unlessImpossible(() => writer.close())
          return [step, { bytes, lines, ...(cut.has(step) && { cut: true as const }) }]
        }),
      )
    },
  }
}

/** Nobody reads half a record: it gets its name when it is whole. */
function write(path: string, record: BuildRecord): void {
  writeFileSync(`${path}.new`, JSON.stringify(record), { mode: 0o600 })
  renameSync(`${path}.new`, path)
}

/** A disk that is full or read-only, or a folder that somebody removed: what was to be written is not. */
function unlessImpossible<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    return undefined
  }
}
