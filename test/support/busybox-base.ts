import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sha256 } from '../../src/digest/index.ts'
import { hasStaticBusybox } from './busybox-root.ts'
import { tar } from './tar.ts'

export const hasBusyboxBase = hasStaticBusybox
export const noBusyboxBase = 'no static /bin/busybox (apt-get install busybox-static)'

const program = '/bin/busybox'

const passwd = `root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/bin/false
www-data:x:33:33:www-data:/var/www:/bin/false
nobody:x:65534:65534:nobody:/home:/bin/false
`
const group = `root:x:0:
daemon:x:1:
www-data:x:33:
users:x:100:
nobody:x:65534:
`

/**
 * A root file system as a tar: busybox with its names in `/bin`, four users, `/root`, a `/tmp` for all, and what
 * is mounted upon. Made once for
 * each busybox, and the same bytes wherever that is the same.
 */
export function busyboxBase(): string {
  const bytes = tar(
    { name: 'bin/', type: '5' },
    { name: 'bin/busybox', body: readFileSync(program), mode: 0o755 },
    ...applets().map((name) => ({ name: `bin/${name}`, type: '2', link: 'busybox', mode: 0o777 })),
    'd dev/',
    'd etc/',
    { name: 'etc/group', body: group },
    { name: 'etc/passwd', body: passwd },
    'd proc/',
    { name: 'root/', type: '5', mode: 0o700 },
    'd sys/',
    { name: 'tmp/', type: '5', mode: 0o1777 },
  )
  return cachedFile(`busybox-${sha256(bytes).slice(7, 19)}.tar`, (file) => writeFileSync(file, bytes))
}

/** A file that test runs share, below the system's folder for temporary files; `make` writes it when it is not there. */
export function cachedFile(name: string, make: (file: string) => void): string {
  const folder = join(tmpdir(), 'tsbuild-test-cache')
  const file = join(folder, name)
  if (existsSync(file)) return file
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const aside = join(folder, `${randomUUID()}.part`)
  make(aside)
  renameSync(aside, file)
  return file
}

function applets(): readonly string[] {
  const { stdout } = spawnSync(program, ['--list'], { encoding: 'utf8' })
  return stdout.split('\n').filter((name) => name !== '' && name !== 'busybox')
}
