import { type Command, Help, type Option } from 'commander'

/** What `--help` lists of a command: its own flags, then those of all commands, `--help` last. */
export function visibleOptions(command: Command, program: Command): Option[] {
  const own = Help.prototype.visibleOptions.call(new Help(), command)
  if (command === program) return own
  const ofAll = program.options.filter(({ hidden, long }) => !hidden && long !== '--version')
  return [...own.slice(0, -1), ...ofAll, ...own.slice(-1)]
}
