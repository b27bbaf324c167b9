import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tsbuild } from './builders/tsbuild.ts'
import type { FloorGoal } from './cases.ts'
import { curlAndGzip } from './floors.ts'
import type { Job } from './job.ts'
import { writeLayout } from './layout.ts'
import { packedLayer } from './pull-layer.ts'
import { jobOf, type OpenRace, peersOf } from './race.ts'
import { startRegistry } from './registry.ts'
import { onShelf, remove } from './world.ts'

/** The step prints what its instruction does not contain, so that only its command can have said it. */
const step = `RUN printf '%s-%s\\n' step started`
const started = 'step-started'

/** A base with a large layer that only a registry has; a build of it counts until its first RUN says something. */
export function pullRace(goal: Pick<FloorGoal, 'reach'>): OpenRace {
  return async (setting, workload, its) => {
    const layer = await packedLayer(onShelf(setting.world, workload))
    const folder = join(setting.world.folder, 'pull')
    const context = join(folder, 'context')
    mkdirSync(context, { recursive: true })
    const image = await writeLayout(join(folder, 'layout'), setting.base.layout, [layer])
    const registry = await startRegistry(folder)
    await registry.push(image, 'bench/base', '1')
    writeFileSync(join(context, 'Dockerfile'), `FROM ${registry.host}/bench/base:1\n${step}\n`)
    const job: Job = { ...jobOf(setting, its), context, until: started }
    const url = `http://${registry.host}/v2/bench/base/blobs/${layer.descriptor.digest}`
    return {
      subject: tsbuild(job),
      floors: [{ ...goal, contender: curlAndGzip(url)(job) }],
      peers: peersOf(setting, job),
      async close() {
        await registry[Symbol.asyncDispose]()
        await remove(folder)
      },
    }
  }
}
