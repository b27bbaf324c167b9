import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freshStore } from './builders/tsbuild.ts'
import type { FloorGoal } from './cases.ts'
import { run, time } from './command.ts'
import { layerOf, writeLayout } from './layout.ts'
import type { OpenRace, Setting } from './race.ts'
import type { Workload } from './workloads.ts'
import { onShelf, remove, tsbuildCommand } from './world.ts'

const steps = 10
const image = 'tsbuild-bench/deep:1'

/** Ten steps on an image of many layers, and on one with a single layer, in one store; a sample is a tenth of a build. */
export function deepRace(goal: Pick<FloorGoal, 'reach'>): OpenRace {
  return async (setting, workload) => {
    const { world, base } = setting
    const folder = join(world.folder, 'deep')
    const store = join(folder, 'store')
    const build = (name: string) => tsbuildCommand(world, store, 'build', '--no-cache', '-t', name, join(folder, name))
    for (const [name, from] of Object.entries({ deep: image, flat: 'busybox' })) {
      mkdirSync(join(folder, name), { recursive: true })
      writeFileSync(join(folder, name, 'Dockerfile'), dockerfile(from))
    }
    const perStep = async (name: string) => (await time(build(name), world.log)) / steps
    return {
      subject: {
        name: 'tsbuild',
        command: build('deep'),
        async setUp() {
          await freshStore(world, base, store)
          await loadDeepImage(setting, workload, folder, store)
          await run(build('deep'))
        },
        once: () => perStep('deep'),
      },
      floors: [
        {
          ...goal,
          contender: {
            name: 'tsbuild on 1 layer',
            setUp: async () => void (await run(build('flat'))),
            once: () => perStep('flat'),
          },
        },
      ],
      peers: [],
      close: () => remove(folder),
    }
  }
}

async function loadDeepImage({ world, base }: Setting, workload: Workload, folder: string, store: string) {
  const kept = join(onShelf(world, workload), 'layers')
  const files = readdirSync(kept).sort()
  const layers = await Promise.all(files.map((name) => layerOf(join(kept, name))))
  const [layout, archive] = [join(folder, 'layout'), join(folder, 'deep.oci.tar')]
  const { manifest } = await writeLayout(layout, base.layout, layers)
  await run({ argv: ['tar', 'cf', archive, '-C', layout, '.'] })
  await run(tsbuildCommand(world, store, 'load', '-i', archive))
  await run(tsbuildCommand(world, store, 'tag', manifest.config.digest, image))
  await remove(layout, archive)
}

function dockerfile(from: string): string {
  const lines = Array.from({ length: steps }, (_, step) => `RUN echo ${step} > /step${step}\n`)
  return `FROM ${from}\n${lines.join('')}`
}
