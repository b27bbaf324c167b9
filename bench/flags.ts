import { parseArgs } from 'node:util'

export const usage = `npm run bench -- [flags]

Measures tsbuild against the floors of the machine and against the builders that are installed.

  --only NAME,…    these workloads alone
  --mode NAME,…    these modes alone: cold, again, noop, touch, step
  --rounds N       samples of each (default: 11, 5 or 3, by how long one takes)
  --no-peers       no other builders
  --json FILE      write all samples
  --dir DIR        where to work, on a disk (default: $TSBUILD_BENCH_DIR, else /var/tmp/tsbuild-bench)
  --program FILE   the bin/tsbuild.js of another checkout
  --list           say what there is, and measure nothing
  --from FILE      print what --json wrote, and measure nothing
  --write FILE     put the table into a page, between its marks

TSBUILD_BENCH_BASE is an archive of the image to build on (default: made of this machine's tools).
`

export interface Flags {
  readonly only?: readonly string[]
  readonly modes?: readonly string[]
  readonly rounds?: number
  readonly peers: boolean
  readonly json?: string
  readonly dir?: string
  readonly program?: string
  readonly list: boolean
  readonly from?: string
  readonly write?: string
  readonly help: boolean
}

export function parseFlags(argv: readonly string[]): Flags {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      only: { type: 'string' },
      mode: { type: 'string' },
      rounds: { type: 'string' },
      'no-peers': { type: 'boolean', default: false },
      json: { type: 'string' },
      dir: { type: 'string' },
      program: { type: 'string' },
      list: { type: 'boolean', default: false },
      from: { type: 'string' },
      write: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  const { only, mode, rounds, json, dir, program, from, write } = values
  return {
    peers: !values['no-peers'],
    list: values.list,
    help: values.help,
    ...(only !== undefined && { only: only.split(',') }),
    ...(mode !== undefined && { modes: mode.split(',') }),
    ...(rounds !== undefined && { rounds: positive(rounds) }),
    ...(json !== undefined && { json }),
    ...(dir !== undefined && { dir }),
    ...(program !== undefined && { program }),
    ...(from !== undefined && { from }),
    ...(write !== undefined && { write }),
  }
}

function positive(text: string): number {
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number < 1) throw new Error(`--rounds ${text}: not a number of rounds`)
  return number
}
