import { Command, Option } from 'commander'
import type { BuildsFlags, LogsFlags, RemoveFlags, ShowFlags } from '../commands/builds.ts'
import { type Run, repeatable } from './run.ts'
import { usualBuildArgument, usualBuildNote } from './usual-build.ts'

const names = `
A build is named by its number, the beginning of its id, or counted from the
newest that tsbuild builds lists: ^0, ^1, …
${usualBuildNote}
A step is named by its number, its place, a stage for its last step, or a part
of its label: 7, "build 2/5", build, "npm ci".
The last 50 builds are kept, each with all that its steps printed.
`

const examples = `
Examples:
  tsbuild builds --local                     the builds of this folder
  tsbuild builds logs ^0 "npm ci"            all that a step printed
  tsbuild builds show ^0 --report build.html  a page about the newest build
  tsbuild builds diff                        the newest build against the one before
  tsbuild builds --filter status=error -q    ids of those that failed`

const filters = `
Filters: id, name, status, context: KEY=VALUE, KEY!=VALUE, KEY~=PATTERN.
Placeholders of --format: .Number .ID .Name .Status .CreatedAt .CreatedSince
.Duration .Context .Steps .Cached`

const fields = `
Placeholders of --format: those of builds ls, .CompletedAt .Dockerfile .Target
.Platforms .Tags .Error, and what --format json has:
{{range .steps}}{{.label}} {{.outcome}}{{end}}`

/** `tsbuild builds`: what was built, and how that went. */
export function buildsProgram(run: Run): Command {
  const format = () => new Option('--format <format>', 'how to print it').choices(['text', 'json']).default('text')
  // The choices are what completion offers.
  const showFormat = () =>
    new Option('--format <format>', 'how to print it, also a Go template')
      .choices(['text', 'json'])
      .default('text')
      .argParser((text: string) => text)
  return new Command('builds')
    .summary('list, show, compare and forget builds that were made')
    .addHelpText('after', names + examples)
    .addCommand(
      new Command('ls')
        .alias('list')
        .summary('list builds, newest first; also without ls')
        .option('--local', 'only builds of this folder')
        .option('-q, --quiet', 'show only ids')
        .addOption(repeatable('--filter <condition>', 'show only some: status=error, name~=app'))
        .option('--format <format>', 'table, json, or a Go template, also after "table "')
        .addHelpText('after', names + filters)
        .action((flags: BuildsFlags) =>
          run('documents', async (session) =>
            (await import('../commands/builds.ts')).listBuildsCommand(session, flags),
          ),
        ),
      { isDefault: true },
    )
    .addCommand(
      new Command('show')
        .alias('inspect')
        .summary('show one build: what was asked, each step, why it ran, how long')
        .argument('[build]', usualBuildArgument)
        .addOption(showFormat())
        .option('--report <path>', 'write a page about it, as build --report does, and print nothing')
        .addHelpText('after', names + fields)
        .action((build: string | undefined, flags: ShowFlags) =>
          run('documents', async (session) =>
            (await import('../commands/builds.ts')).showBuildCommand(session, build, flags),
          ),
        ),
    )
    .addCommand(
      new Command('logs')
        .summary('print all that the steps of a build printed, or one of them')
        .argument('[build]', usualBuildArgument)
        .argument('[step]', 'number, stage, or a part of the label')
        .addOption(format())
        .addHelpText('after', names)
        .action((build: string | undefined, step: string | undefined, flags: LogsFlags) =>
          run('documents', async (session) =>
            (await import('../commands/builds.ts')).logsCommand(session, build, step, flags),
          ),
        ),
    )
    .addCommand(
      new Command('diff')
        .summary('compare two builds: steps, inputs, times, sizes')
        .argument(
          '[before]',
          'number, id or ^N (default: the last one before of the same Dockerfile, target and platforms)',
        )
        .argument('[now]', usualBuildArgument)
        .addOption(format())
        .addHelpText('after', names)
        .action((before: string | undefined, now: string | undefined, flags: LogsFlags) =>
          run('documents', async (session) =>
            (await import('../commands/builds.ts')).diffBuildsCommand(session, before, now, flags),
          ),
        ),
    )
    .addCommand(
      new Command('rm')
        .alias('remove')
        .summary('forget builds, and what their steps printed')
        .argument('[builds...]', 'numbers, ids or ^N')
        .option('-a, --all', 'all of them')
        .addHelpText('after', names)
        .action((builds: readonly string[], flags: RemoveFlags) =>
          run('documents', async (session) =>
            (await import('../commands/builds.ts')).removeBuildsCommand(session, builds, flags),
          ),
        ),
    )
}
