import { Writable } from 'node:stream'
import { errorReport, Reported } from '../../src/cli/error-text.ts'
import { exitCodeOf } from '../../src/cli/exit.ts'
import { createOutput } from '../../src/cli/output.ts'
import type { Library } from '../../src/cli/ports.ts'
import { createProgram, readWords, runProgram } from '../../src/cli/program/program.ts'
import { noPaint } from '../../src/cli/text/paint.ts'
import type { BuildOptions, BuildResult } from '../../src/index.ts'

export interface Ran {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command line inside this process on a library that the test makes up; what is absent must not be asked for. */
export async function runCommandLine(
  argv: readonly string[],
  library: Partial<Library> = {},
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const [stdout, stderr] = [collector(), collector()]
  const out = createOutput(stdout.stream, env)
  const err = createOutput(stderr.stream, env)
  const environment = {
    root: '/nowhere',
    cwd: process.cwd(),
    arch: 'x64',
    env,
    now: Date.now,
    stdout: stdout.stream,
    stdin: process.stdin,
  }
  const signal = new AbortController().signal
  const words = readWords(argv)
  const program = createProgram(
    (_touches, work) =>
      work({ environment, out, err, signal, debug: false, notes: [], library: async () => library as Library }),
    out.print,
    words,
  )
  const status = await runProgram(program, words).then(
    () => 0,
    (error: unknown) => {
      if (error instanceof Reported) return error.exitCode
      err.print(errorReport(error, { prefix: '', debug: false, paint: noPaint }))
      return exitCodeOf(error)
    },
  )
  return { status, stdout: stdout.text(), stderr: stderr.text() }
}

export const builtId = `sha256:${'ab'.repeat(32)}`

/** A `build` that only takes note of its options. */
export function recordingBuild(result: Partial<BuildResult> = {}) {
  const asked: BuildOptions[] = []
  const build = async (options: BuildOptions): Promise<BuildResult> => {
    asked.push(options)
    const manifest = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: builtId as never, size: 3 }
    const platform = { os: 'linux', architecture: 'amd64' }
    const images = [{ id: builtId, manifest, platform }]
    const names = { names: [], pushed: [] }
    const steps = { total: 1, cached: 1 }
    return { id: builtId, manifest, stored: manifest, platform, images, ...names, steps, warnings: [], ...result }
  }
  return { build, asked }
}

function collector() {
  const chunks: string[] = []
  const sink = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(String(chunk))
      done()
    },
  })
  return { stream: sink as unknown as NodeJS.WriteStream, text: () => chunks.join('') }
}
