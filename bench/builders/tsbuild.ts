import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Base } from '../base.ts'
import { type Command, CommandFailed, run, time, timeUntil } from '../command.ts'
import type { Job } from '../job.ts'
import type { Contender } from '../measure.ts'
import { remove, tsbuildCommand, type World } from '../world.ts'

/** tsbuild, of which the memory is measured too. */
export interface Subject extends Contender {
  readonly command: Command
}

export function tsbuild(job: Job): Subject {
  const { world, base, mode } = job
  const store = join(job.folder, 'tsbuild-store')
  const archive = join(job.folder, 'tsbuild.oci.tar')
  const command = tsbuildCommand(world, store, ...buildWords(job, archive))
  return {
    name: 'tsbuild',
    command,
    async setUp() {
      if (mode === 'cold') return
      await freshStore(world, base, store)
      await run(command)
    },
    async before() {
      if (mode === 'cold') await freshStore(world, base, store)
      if (mode === 'touch') job.touch()
      await remove(archive)
    },
    async once() {
      if (job.until !== undefined) return timeUntil(command, job.until)
      const seconds = await time(command, world.log)
      checkWork(job, command, readFileSync(world.log, 'utf8'))
      return seconds
    },
    tearDown: () => remove(store, archive),
  }
}

/** A new store with the base in it, on which one step has run: what is done once on a machine, or once for a base, is done. */
export async function freshStore(world: World, base: Base, store: string): Promise<void> {
  await remove(store)
  await run(tsbuildCommand(world, store, 'load', '-i', base.archive))
  await run(tsbuildCommand(world, store, 'tag', 'busybox', 'debian:bookworm'))
  await run(tsbuildCommand(world, store, 'build', base.trying))
}

/** Names of the steps that a log in plain form does not show as cached: `[2/3] COPY app /app`. */
export function stepsDone(log: string): readonly string[] {
  const cached = new Set([...log.matchAll(/^#(\d+) CACHED$/gm)].map(([, number]) => number))
  return [...log.matchAll(/^#(\d+) (\[.*\] (?:ADD|COPY|RUN|WORKDIR) .*)$/gm)]
    .filter(([, number]) => !cached.has(number))
    .map(([, , label = '']) => label)
}

function buildWords({ mode, to, context }: Job, archive: string): readonly string[] {
  const again = mode === 'cold' || mode === 'again' ? ['--no-cache'] : []
  const output = to === 'oci' ? ['--output', `type=oci,dest=${archive}`] : []
  return ['build', '--progress', 'plain', ...again, '--tag', 'tsbuild-bench', ...output, context]
}

/** What was measured must be what the mode says. */
function checkWork({ mode }: Job, command: Command, log: string): void {
  const done = stepsDone(log)
  if (mode === 'noop' && done.length > 0) throw new CommandFailed(command, `ran ${done.join(', ')} again`, log)
  if (mode !== 'noop' && done.length === 0) throw new CommandFailed(command, 'ran no step', log)
}
