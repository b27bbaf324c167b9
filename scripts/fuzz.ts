/**
 * Tries the fuzz targets of `test/fuzz` with random input for as long as it is let:
 * `node scripts/fuzz.ts [--minutes 10] [--seed 1] [--only NAME]`, the minutes shared among the targets. What fails is printed
 * with its seed and path and, made as small as it goes, written to a file; so is the seed of inputs that take no end. Ends
 * with status 1 when anything did.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import fc from 'fast-check'
import type { FuzzTarget } from '../test/fuzz/target.ts'
import { fuzzTargets } from '../test/fuzz/targets.ts'

/** What a worker says after so many inputs of one seed. */
interface Batch {
  readonly seed: number
  readonly runs: number
  readonly fault?: string | undefined
}

/** What a thread is to do. */
interface Order {
  readonly name: string
  readonly seed: number
  /** Milliseconds since 1970. */
  readonly end: number
}

const batchRuns = 100
/** Far more than a batch takes on a busy machine. */
const patience = 300_000
/** Of the heap of a worker: what an input makes tsbuild hold is little. */
const heapMegabytes = 768

if (isMainThread) process.exitCode = (await main()) ? 0 : 1
else await tryOn(workerData)

/** @returns true when all holds */
async function main(): Promise<boolean> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '10' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      only: { type: 'string' },
    },
  })
  const [minutes, seed] = [Number(values.minutes), Number(values.seed)]
  const chosen = fuzzTargets.filter(({ name }) => values.only === undefined || name === values.only)
  if (!(minutes > 0) || !Number.isSafeInteger(seed) || chosen.length === 0) {
    const names = fuzzTargets.map(({ name }) => name).join(', ')
    throw new Error(`--minutes is a number, --seed a whole one, --only one of ${names}`)
  }
  let faults = 0
  for (const { name, problem } of chosen) {
    if (problem) console.log(`${name}: skipped, ${problem}`)
    else if (!(await tryFor(name, seed, (minutes * 60_000) / chosen.length))) faults++
  }
  return faults === 0
}

/** Tries one target in a thread of its own, which can be ended whatever it does. */
async function tryFor(name: string, seed: number, milliseconds: number): Promise<boolean> {
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { name, seed, end: Date.now() + milliseconds } satisfies Order,
    resourceLimits: { maxOldGenerationSizeMb: heapMegabytes },
  })
  let [runs, last, found] = [0, seed - 1, undefined as string | undefined]
  const fault = await new Promise<string | undefined>((resolve) => {
    const hang = () => resolve(`no end within ${patience / 1000} s: seed ${last + 1}, up to ${batchRuns} runs`)
    let watch = setTimeout(hang, patience)
    worker.on('message', (batch: Batch) => {
      clearTimeout(watch)
      watch = setTimeout(hang, patience)
      runs += batch.runs
      last = batch.seed
      found = batch.fault
    })
    worker.on('error', (error) => resolve(`the thread ended: ${error.stack}: seed ${last + 1}`))
    worker.on('exit', () => {
      clearTimeout(watch)
      resolve(found)
    })
  })
  await worker.terminate()
  console.log(`${name}: ${runs} runs, seeds ${seed} to ${last}, ${fault === undefined ? 'no fault' : 'a fault'}`)
  if (fault !== undefined) console.log(`${fault}\nwritten to ${written(name, fault)}`)
  return fault === undefined
}

function written(name: string, fault: string): string {
  const folder = path.join(tmpdir(), 'tsbuild-fuzz-faults')
  mkdirSync(folder, { recursive: true })
  const file = path.join(folder, `${name}-${Date.now()}.txt`)
  writeFileSync(file, `${fault}\n`)
  return file
}

/** In the thread: one seed after the other, until the time is over or one shows a fault. */
async function tryOn({ name, seed, end }: Order): Promise<void> {
  const target = fuzzTargets.find((each) => each.name === name)
  if (!target) throw new Error(`no target ${name}`)
  for (let [at, isOver] = [seed, false]; !isOver; at++) {
    const batch = await tryBatch(target, at)
    parentPort?.postMessage(batch)
    isOver = batch.fault !== undefined || Date.now() > end
  }
}

async function tryBatch(target: FuzzTarget, seed: number): Promise<Batch> {
  const property = fc.asyncProperty(target.input, async (input) => target.holds(input))
  const details = await fc.check(property, { seed, numRuns: batchRuns, endOnFailure: false })
  if (!details.failed) return { seed, runs: details.numRuns }
  const { counterexamplePath, counterexample, errorInstance } = details
  const why = errorInstance instanceof Error ? errorInstance.stack : String(errorInstance)
  const fault = `seed ${seed}, path ${counterexamplePath}\n${why}\ninput ${fc.stringify(counterexample)}`
  return { seed, runs: details.numRuns, fault }
}
