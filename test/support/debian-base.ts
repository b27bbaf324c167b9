import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getuid } from 'node:process'
import { hasProgram } from './programs.ts'

export const canMakeDebian = getuid?.() === 0 && hasProgram('debootstrap') && hasProgram('flock')
export const noDebian = 'needs root and debootstrap (apt-get install debootstrap), and a mirror of Debian'

/** Several test files may want it at once: one makes it, the others wait for its lock. */
const script = `
set -eu
file=$1
[ ! -e "$file" ] || exit 0
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
debootstrap --variant=minbase bookworm "$root"
rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
tar --numeric-owner --sort=name -C "$root" -cf "$file.part" .
mv "$file.part" "$file"
`

/**
 * A minimal Debian as a tar, as its base images have it: without downloaded packages and lists. Made once, and kept below the
 * system's folder for temporary files. Undefined when it cannot be made, as without a network.
 */
export function debianBase(): string | undefined {
  const folder = join(tmpdir(), 'tsbuild-test-cache')
  const file = join(folder, 'debian-bookworm.tar')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (!existsSync(file)) spawnSync('flock', [`${file}.lock`, 'sh', '-c', script, 'sh', file], { stdio: 'ignore' })
  return existsSync(file) ? file : undefined
}
