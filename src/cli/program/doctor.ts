import { Command, Option } from 'commander'
import type { DoctorFlags } from '../commands/doctor.ts'
import type { FsckFlags } from '../commands/fsck.ts'
import { FlagError } from '../flags/flag-error.ts'
import { withHelp } from './help.ts'
import type { Run } from './run.ts'

type Flags = DoctorFlags & FsckFlags & { readonly fsck?: true }

const notes = `
Everything is tried afresh, as the builds of this user and store would use it; later builds go by what is found.
Rungs: 1 root; 2 an ordinary user in a user namespace; 3 root to whom namespaces are refused: RUN only by chroot; 4 no RUN.
Levels: ok; note, less than could be had here, or what only some builds need; problem, some builds fail.

Exit status: 0 when a RUN step can run here, whatever notes and problems there are, if need be with the flags that the
report names; 1 when none can, because no runtime works, or because the store cannot be used. With --fsck: 1 when an image is broken.`

export function doctorProgram(run: Run): Command {
  const command = new Command('doctor')
    .summary('say how this machine protects itself from RUN steps, or check the store')
    .description(
      'Says what RUN steps are shut in by here and what not, in which forms builds work, and what would improve it.',
    )
    .optionsGroup('The store:')
    .option('--fsck', 'in place of that read all of the store, and say what is damaged')
    .option('--repair', 'with --fsck: remove what is made again, fetch again what can be; no image loses its name')
    .optionsGroup('What is printed:')
    .addOption(new Option('--format <format>', 'form of the report').choices(['text', 'json']).default('text'))
  return withHelp(command, {
    notes,
    examples: {
      'tsbuild doctor': 'what RUN steps can do here, and what would improve it',
      'tsbuild doctor --format json': 'the same for programs',
      'tsbuild doctor --fsck --repair': 'check the store, and mend what can be',
    },
  }).action((flags: Flags) => {
    if (flags.repair && !flags.fsck) throw new FlagError('--repair is for a check of the store', 'add --fsck')
    return run('trees', async (session) =>
      flags.fsck
        ? (await import('../commands/fsck.ts')).fsckCommand(session, flags)
        : (await import('../commands/doctor.ts')).doctorCommand(session, flags),
    )
  })
}
