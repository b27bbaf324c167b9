import type { Library } from './ports.ts'
import { keepHeapSmall } from './small-heap.ts'

/** The library, each part loaded when it is first asked for: a build need not wait for what lists images. */
export const library: Library = {
  build: async (...asked) => (await import('../library/build.ts')).build(...asked),
  buildReport: async (...asked) => (await import('../library/report.ts')).buildReport(...asked),
  check: async (...asked) => (await import('../library/check.ts')).check(...asked),
  outline: async (...asked) => (await import('../library/outline.ts')).outline(...asked),
  targets: async (...asked) => (await import('../library/outline.ts')).targets(...asked),
  forecast: async (...asked) => (await import('../library/forecast.ts')).forecast(...asked),
  context: async (...asked) => (await import('../library/context/context.ts')).context(...asked),
  drawPlan: async (...asked) => (await import('../library/drawing.ts')).drawPlan(...asked),
  history: async (...asked) => (await import('../library/history.ts')).history(...asked),
  openImage: async (...asked) => (await import('../library/look/open-image.ts')).openImage(...asked),
  diff: async (...asked) => (await import('../library/look/diff.ts')).diff(...asked),
  blame: async (...asked) => (await import('../library/look/diff.ts')).blame(...asked),
  extract: async (...asked) => (await import('../library/look/extract.ts')).extract(...asked),
  builds: async (...asked) => (await import('../library/builds.ts')).openBuilds(...asked),
  doctor: async (...asked) => (await import('../library/doctor/doctor.ts')).doctor(...asked),
  diskUsage: async (...asked) => (await import('../library/usage.ts')).diskUsage(...asked),
  prune: async (...asked) => (await import('../library/usage.ts')).prune(...asked),
  checkStore: async (...asked) => (await import('../library/check-store.ts')).checkStore(...asked),
  push: async (...asked) => (await import('../library/registry-commands.ts')).push(...asked),
  pull: async (...asked) => (await import('../library/registry-commands.ts')).pull(...asked),
  copy: async (...asked) => (await import('../library/registry-commands.ts')).copy(...asked),
  login: async (...asked) => (await import('../library/registry-commands.ts')).login(...asked),
  logout: async (...asked) => (await import('../library/registry-commands.ts')).logout(...asked),
  listTags: async (...asked) => (await import('../library/registry-commands.ts')).listTags(...asked),
  referrers: async (...asked) => (await import('../library/registry-commands.ts')).referrers(...asked),
  remoteDocument: async (...asked) => (await import('../library/registry-commands.ts')).remoteDocument(...asked),
  createIndex: async (...asked) => (await import('../library/index-create.ts')).createIndex(...asked),
  listStep: async (...asked) => (await import('../library/look-into-step.ts')).listStep(...asked),
  readStep: async (...asked) => (await import('../library/look-into-step.ts')).readStep(...asked),
  stepDiff: async (...asked) => (await import('../library/look-into-step.ts')).stepDiff(...asked),
  runImage: async (...asked) => (await import('../library/run-image.ts')).runImage(...asked),
  listContainers: async (...asked) => (await import('../library/containers.ts')).listContainers(...asked),
  removeContainer: async (...asked) => (await import('../library/containers.ts')).removeContainer(...asked),
  commit: async (...asked) => (await import('../library/commit.ts')).commit(...asked),
  watchBuild: async (...asked) => (await import('../library/watch/watch-build.ts')).watchBuild(...asked),
  shell: async (...asked) => (await import('../library/shell.ts')).shell(...asked),
  openImages: async (...asked) => {
    keepHeapSmall()
    return (await import('../library/images.ts')).openImages(...asked)
  },
}
