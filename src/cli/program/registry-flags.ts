import type { Command } from 'commander'
import { repeatable } from './run.ts'

/** Which registries a command asks, and how. */
export function withRegistryFlags(command: Command): Command {
  const flags = [
    repeatable('--registry-mirror <host=mirror>', 'ask this registry first: docker.io=127.0.0.1:5000'),
    repeatable('--registry-allow <host>', 'ask no registry or mirror but these for images (default: all)'),
    repeatable('--insecure-registry <host>', 'may have a certificate of nobody, or speak plain HTTP'),
  ]
  for (const flag of flags) command.addOption(flag.helpGroup('Registries:'))
  return command
}
