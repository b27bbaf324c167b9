import type { Command } from 'commander'
import { repeatable } from './run.ts'

/** Which registries a command asks, and how. */
export function withRegistryFlags(command: Command): Command {
  return command
    .addOption(repeatable('--registry-mirror <host=mirror>', 'ask this registry first: docker.io=127.0.0.1:5000'))
    .addOption(repeatable('--registry-allow <host>', 'ask no registry or mirror but these for images (default: all)'))
    .addOption(repeatable('--insecure-registry <host>', 'may have a certificate of nobody, or speak plain HTTP'))
}
