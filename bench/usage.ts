import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Command, time } from './command.ts'
import type { World } from './world.ts'

/** What a command line of tsbuild needed, in seconds. */
export interface Usage {
  /** Of the wall. */
  readonly elapsed: number
  /** Of processors, all threads of its own process together: commands of steps and the programs that start them are others. */
  readonly user: number
  readonly system: number
}

/**
 * Runs tsbuild to its end.
 * @param isOnTerminal on a terminal of 80 columns and 24 rows, which `script` of util-linux makes
 */
export async function usageOf(world: World, command: Command, isOnTerminal: boolean): Promise<Usage> {
  const [hook, noted] = [join(world.folder, 'hook.cjs'), join(world.folder, 'usage.json')]
  writeFileSync(
    hook,
    `process.on('exit', () => require('fs').writeFileSync(${JSON.stringify(noted)}, JSON.stringify(process.cpuUsage())))`,
  )
  const [node = '', ...words] = command.argv
  const hooked = { ...command, argv: [node, '--require', hook, ...words] }
  const elapsed = await time(isOnTerminal ? onTerminal(hooked) : hooked, world.log)
  const { user, system } = JSON.parse(readFileSync(noted, 'utf8')) as NodeJS.CpuUsage
  return { elapsed, user: user / 1e6, system: system / 1e6 }
}

function onTerminal({ argv, env }: Command): Command {
  const words = argv.map((word) => `'${word}'`).join(' ')
  const line = `stty rows 24 columns 80; exec ${words}`
  return { argv: ['script', '-qec', line, '/dev/null'], env: { ...env, TERM: 'xterm', SHELL: '/bin/sh', CI: '' } }
}
