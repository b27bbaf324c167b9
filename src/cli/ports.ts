import type { BuildOptions, BuildResult, Environment, HistoryOptions, ImageCommands, ImageHistory } from '../index.ts'

/** What the command line asks of the library (`src/index.ts`). */
export interface Library {
  build(options: BuildOptions, environment: Environment): Promise<BuildResult>
  /**
   * Rows newest first. `name`: an image of the store, `oci-archive:FILE`, `oci-layout:DIR`, else one of a registry.
   * @throws {TsbuildError} TSB_IMAGE_NOT_FOUND, TSB_PLATFORM_NOT_FOUND, TSB_REGISTRY_…
   */
  history(name: string, options: HistoryOptions, environment: Environment): Promise<ImageHistory>
  openImages(environment: Environment): Promise<ImageCommands>
}
