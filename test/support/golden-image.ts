import { openImages } from '../../src/index.ts'
import type { Workspace } from './workspace.ts'

/**
 * Config, history and number of layers of an image, as the `image.json` of a service has them: what does not change when
 * Debian brings out another version of a package.
 */
export async function showSettings({ environment }: Workspace, name: string): Promise<string> {
  const images = await openImages(environment)
  try {
    const { config } = await images.inspect(name)
    const { architecture, os, config: settings, history = [], rootfs } = config
    const rows = history.map(({ created_by, empty_layer }) => ({ created_by, empty_layer }))
    return `${JSON.stringify({ architecture, os, config: settings, history: rows, layers: rootfs.diff_ids.length }, null, 2)}\n`
  } finally {
    await images.close()
  }
}
