import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Command, run, time } from './command.ts'
import type { Job } from './job.ts'
import type { Contender } from './measure.ts'
import { writingFiles } from './workloads.ts'
import { remove } from './world.ts'

/** What the machine needs at least, done by plain tools. How each is taken: docs/performance.md. */
export type Floor = (job: Job) => Contender

export const bareNode: Floor = ({ world }) => ({
  name: 'node -e 0',
  once: () => time(nodeStart(world.node), world.log),
})

export const nodeAndFind: Floor = ({ world, context }) => ({
  name: 'node -e 0 + find',
  once: async () => {
    const format = '%y %m %U %G %s %T@ %C@ %i %p %l\\n'
    const started = await time(nodeStart(world.node), world.log)
    return started + (await time({ argv: ['find', context, '-printf', format] }, '/dev/null'))
  },
})

export const tar: Floor = ({ world, context, folder }) => {
  const file = join(folder, 'floor.tar')
  return {
    name: 'tar cf',
    before: () => remove(file),
    once: () => time(tarOf(context, file), world.log),
    tearDown: () => remove(file),
  }
}

export const tarAndPigz: Floor = ({ world, context, folder }) => {
  const file = join(folder, 'floor.tar.gz')
  return {
    name: 'tar | pigz -6',
    before: () => remove(file),
    once: () => time(shell('set -e; tar cf - -C "$1" . | pigz -6 > "$2"', context, file), world.log),
    tearDown: () => remove(file),
  }
}

export const copyAndTar: Floor = ({ world, context, folder }) => {
  const copy = join(folder, 'floor-copy')
  const file = join(folder, 'floor.tar')
  return {
    name: 'cp -a + tar cf',
    before: () => remove(copy, file),
    once: async () => {
      const copied = await time({ argv: ['cp', '-a', context, copy] }, world.log)
      return copied + (await time(tarOf(context, file), world.log))
    },
    tearDown: () => remove(copy, file),
  }
}

export const copyOfBlob: Floor = ({ world, context, folder }) => {
  const file = join(folder, 'floor-blob')
  return {
    name: 'cp',
    before: () => remove(file),
    once: () => time({ argv: ['cp', join(context, 'blob'), file] }, world.log),
    tearDown: () => remove(file),
  }
}

export function seconds(constant: number): Floor {
  return () => ({ name: `${constant} s`, once: async () => constant })
}

/** `runc run` of `true`, so many times one after the other. */
export function runcRuns(times: number): Floor {
  return ({ world, base, folder }) => {
    const bundle = join(folder, 'floor-bundle')
    const script = 'i=0; while [ $i -lt $2 ]; do runc run --bundle "$1" "$3-$i" || exit; i=$((i+1)); done'
    return {
      name: `${times} × runc run`,
      setUp: () => writeBundle(bundle, base.rootfs),
      once: () => time(shell(script, bundle, String(times), `tsbuild-bench-${process.pid}`), world.log),
      tearDown: () => remove(bundle),
    }
  }
}

/** The script of `rundiff` in a root of overlayfs, and then what it wrote as a tar. */
export const bareRunAndTar: Floor = ({ world, base, folder }) => {
  const place = join(folder, 'floor-overlay')
  const file = join(folder, 'floor.tar')
  const script = `mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" "$2/merged"
exec chroot "$2/merged" /bin/sh -c "$3"`
  const inside = shell(script, base.rootfs, place, writingFiles).argv
  return {
    name: 'unshare + chroot, tar cf',
    async before() {
      await remove(place, file)
      for (const name of ['upper', 'work', 'merged']) mkdirSync(join(place, name), { recursive: true })
    },
    async once() {
      const ran = await time({ argv: ['unshare', '--mount', '--pid', '--fork', ...inside] }, world.log)
      return ran + (await time(tarOf(join(place, 'upper'), file), world.log))
    },
    tearDown: () => remove(place, file),
  }
}

/** The blob comes from a registry, and is unpacked as it comes. */
export function curlAndGzip(url: string): Floor {
  return ({ world, folder }) => {
    const file = join(folder, 'floor-pulled.tar')
    return {
      name: 'curl | gzip -d',
      before: () => remove(file),
      once: () => time(shell('curl -sSf "$1" | gzip -d > "$2"', url, file), world.log),
      tearDown: () => remove(file),
    }
  }
}

function nodeStart(node: string): Command {
  return { argv: [node, '-e', '0'] }
}

function tarOf(context: string, file: string): Command {
  return { argv: ['tar', 'cf', file, '-C', context, '.'] }
}

function shell(script: string, ...words: readonly string[]): Command {
  return { argv: ['sh', '-c', script, 'sh', ...words] }
}

async function writeBundle(bundle: string, rootfs: string): Promise<void> {
  mkdirSync(bundle, { recursive: true })
  await run({ argv: ['runc', 'spec', '--bundle', bundle] })
  const file = join(bundle, 'config.json')
  const spec = JSON.parse(readFileSync(file, 'utf8')) as { process: object; root: object }
  const process = { ...spec.process, terminal: false, args: ['true'] }
  writeFileSync(file, JSON.stringify({ ...spec, process, root: { ...spec.root, path: rootfs } }))
}
