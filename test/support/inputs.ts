import { Readable } from 'node:stream'
import type { BuildEvent, BuildOptions, BuildResult } from '../../src/index.ts'
import { build, openImages } from '../../src/index.ts'
import { showImage } from './image-lines.ts'
import type { Workspace } from './workspace.ts'

/** What came of a build whose inputs are under test. */
export interface FromInputs {
  /** The changes of all layers, a line each: kind, mode, owner, path, content. */
  readonly files: readonly string[]
  readonly history: readonly (string | undefined)[]
  readonly created: string | undefined
  readonly result: BuildResult
  readonly events: readonly BuildEvent[]
}

/** Builds in a workspace, with these bytes on standard input, and reads the image. */
export async function buildFrom(
  { environment }: Workspace,
  options: BuildOptions,
  stdin: string | Uint8Array = '',
): Promise<FromInputs> {
  const events: BuildEvent[] = []
  const result = await build(
    { tags: ['made'], onEvent: (event) => void events.push(event), ...options },
    { ...environment, stdin: Readable.from([Buffer.from(stdin)]) },
  )
  const { history } = await showImage(environment.root, 'made', new Map())
  const images = await openImages(environment)
  const { created } = await images.inspect('made').finally(images.close)
  return {
    files: history.flatMap(({ layer }) => (typeof layer === 'string' ? [layer] : (layer ?? []).map(unquoted))),
    history: history.map((row) => row.created_by),
    created,
    result,
    events,
  }
}

function unquoted(line: string): string {
  return line.replace(/"[^"]*"$/, (text) => String(JSON.parse(text)))
}
