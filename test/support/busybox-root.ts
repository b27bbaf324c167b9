import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Debian's `busybox-static`: a whole user land without a library. */
const program = '/bin/busybox'

/** False when this machine has no busybox that runs without libraries. */
export const hasStaticBusybox = existsSync(program) && spawnSync('ldd', [program]).status !== 0

/** A small root file system: busybox with all its names in `/bin`, `/etc/passwd`, empty `/proc`, `/sys`, `/dev`, `/tmp`. */
export async function busyboxRoot(directory: string): Promise<string> {
  for (const name of ['', 'bin', 'etc', 'proc', 'sys', 'dev', 'tmp', 'work']) {
    await mkdir(join(directory, name), { recursive: true })
  }
  await copyFile(program, join(directory, 'bin/busybox'))
  const names = spawnSync(program, ['--list'], { encoding: 'utf8' }).stdout.split('\n')
  const links = names.filter((name) => name !== '' && name !== 'busybox')
  await Promise.all(links.map((name) => symlink('busybox', join(directory, 'bin', name))))
  await writeFile(join(directory, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000::/:/bin/sh\n')
  await writeFile(join(directory, 'etc/resolv.conf'), '')
  await writeFile(join(directory, 'etc/hosts'), '')
  return directory
}
