import type { Command, Option } from 'commander'

/** Under which heading `tsbuild --help` lists each command; the order is that of the page. */
const commandGroups: Readonly<Record<string, readonly string[]>> = {
  'Build:': ['build', 'plan', 'context', 'why', 'builds', 'graph'],
  'Look:': ['history', 'explore', 'diff', 'blame', 'extract'],
  'Try and debug:': ['shell', 'cat', 'run', 'ps', 'commit', 'rm'],
  'Images and registries:': [
    ...['images', 'inspect', 'tag', 'rmi', 'save', 'load', 'import'],
    ...['push', 'pull', 'copy', 'digest', 'referrers', 'ls', 'login', 'logout', 'index'],
  ],
  'Cache:': ['du', 'prune'],
  'Help:': ['doctor', 'completion', 'version'],
}

/** The order of the groups. */
export const groupOrder = Object.keys(commandGroups)

/** Where a flag stands when its command does not say: many commands have these, and mean the same. */
const optionGroups: Readonly<Record<string, readonly string[]>> = {
  'What is printed:': [
    ...['--format', '--quiet', '--verbose', '--json', '--digests', '--times', '--no-trunc', '--progress', '--summary'],
    ...['--local', '--filter'],
  ],
  'Which image:': ['--platform', '--pull'],
  'Which build:': ['--build', '--step', '--all'],
  'What comes out:': ['--output', '--report', '--message', '--author', '--change', '--name', '--cidfile', '--rm'],
  'Rules for CI:': [
    ...['--ci', '--no-ci', '--ci-config'],
    ...['--lowestEfficiency', '--highestWastedBytes', '--highestUserWastedPercent'],
  ],
  'What is compared:': ['--equal-layers'],
  'How it runs:': [
    ...[
      '--interactive',
      '--tty',
      '--env',
      '--env-file',
      '--workdir',
      '--user',
      '--entrypoint',
      '--hostname',
      '--volume',
    ],
    ...[
      '--mount',
      '--tmpfs',
      '--network',
      '--add-host',
      '--shm-size',
      '--ulimit',
      '--memory',
      '--memory-swap',
      '--cpus',
    ],
    ...['--pids-limit', '--security-opt', '--runtime', '--snapshotter', '--command', '--root-user', '--read-only'],
    ...['--secret', '--ssh'],
  ],
}

/** Puts a command, and those of its flags that are in no group, into one. */
export function group(command: Command): void {
  const found = command.parent?.parent ? undefined : headingOf(commandGroups, command.name())
  if (command.helpGroup() === '' && found !== undefined) command.helpGroup(found)
  for (const option of command.options) groupOption(option)
}

function groupOption(option: Option): void {
  const found = headingOf(optionGroups, option.long ?? '')
  if (!option.helpGroupHeading && found !== undefined) option.helpGroup(found)
}

function headingOf(groups: Readonly<Record<string, readonly string[]>>, name: string): string | undefined {
  return Object.keys(groups).find((heading) => groups[heading]?.includes(name))
}
