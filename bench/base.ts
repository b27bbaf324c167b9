import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './command.ts'
import { type Layout, readLayout } from './layout.ts'
import { tsbuildCommand, type World } from './world.ts'

/** The image that all workloads stand on: named busybox, and debian:bookworm too. */
export interface Base {
  /** An OCI archive of it. */
  readonly archive: string
  /** The same, unpacked. */
  readonly layout: Layout
  /** Its files as a directory. */
  readonly rootfs: string
  /** A Dockerfile with one RUN upon it. */
  readonly trying: string
}

export const baseNames = ['busybox', 'debian:bookworm'] as const

/** `given` is an archive of OCI or docker; without it the base is made of this machine's own tools, as for the demo. */
export async function openBase(world: World, root: string, given: string | undefined): Promise<Base> {
  const folder = join(world.folder, 'base')
  const archive = join(folder, 'base.oci.tar')
  const layout = join(folder, 'layout')
  const rootfs = join(folder, 'rootfs')
  for (const name of ['alone', 'trying', 'layout']) mkdirSync(join(folder, name), { recursive: true })
  writeFileSync(join(folder, 'alone/Dockerfile'), 'FROM busybox\n')
  writeFileSync(join(folder, 'trying/Dockerfile'), 'FROM busybox\nRUN true\n')
  const store = join(folder, 'store')
  const tsbuild = (...words: readonly string[]) => run(tsbuildCommand(world, store, ...words))
  if (given === undefined) {
    const made = join(folder, 'made.tar')
    await run({ argv: ['sh', join(root, 'scripts/demo-base.sh'), made] })
    await tsbuild('import', made, 'busybox')
  } else {
    await tsbuild('load', '-i', given)
    const [id = ''] = (await tsbuild('images', '-q', '--no-trunc')).split('\n')
    await tsbuild('tag', id, 'busybox')
  }
  await tsbuild('save', '-o', archive, 'busybox')
  await run({ argv: ['tar', 'xf', archive, '-C', layout] })
  await tsbuild('build', '-o', `type=local,dest=${rootfs}`, join(folder, 'alone'))
  return { archive, layout: readLayout(layout), rootfs, trying: join(folder, 'trying') }
}

/** The archive that is meant when nobody says another: that of the folder beside the repository, when it is there. */
export function usualBase(root: string): string | undefined {
  const beside = join(root, '../shared/bases/busybox.oci.tar')
  return process.env['TSBUILD_BENCH_BASE'] ?? (existsSync(beside) ? beside : undefined)
}
