import { execFile } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getuid } from 'node:process'
import { promisify } from 'node:util'
import { hasProgram } from './programs.ts'

const folder = join(tmpdir(), 'tsbuild-test-cache')
const file = join(folder, 'debian-bookworm.tar')

/** True when packages can be had, which steps ask for too. */
export const hasDebianMirror = await fetch('http://deb.debian.org/debian/dists/bookworm/InRelease', {
  method: 'HEAD',
  signal: AbortSignal.timeout(5000),
}).then(
  (answer) => answer.ok,
  () => false,
)
export const canMakeDebian =
  getuid?.() === 0 && (existsSync(file) || (hasDebianMirror && hasProgram('debootstrap') && hasProgram('flock')))
export const noDebian = 'needs root, debootstrap (apt-get install debootstrap) and deb.debian.org'

/** Several test files may want it at once: one makes it, the others wait for its lock. */
const script = `
set -eu
file=$1
[ ! -e "$file" ] || exit 0
root=$(mktemp -d)
chmod 755 "$root"
trap 'rm -rf "$root"' EXIT
debootstrap --variant=minbase bookworm "$root"
rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
tar --numeric-owner --sort=name -C "$root" -cf "$file.part" .
mv "$file.part" "$file"
`

/**
 * A minimal Debian as a tar, as its base images have it: without downloaded packages and lists. Made once, and kept below the
 * system's folder for temporary files.
 */
export async function debianBase(): Promise<string> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (!existsSync(file)) await promisify(execFile)('flock', [`${file}.lock`, 'sh', '-c', script, 'sh', file])
  return file
}
