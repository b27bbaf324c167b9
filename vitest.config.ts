import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const report = process.env.TSBUILD_TEST_REPORT

/** Folders whose tests start no programs, and fill the memory of whoever runs them. */
const textAndBytes = /\/test\/(parser|planner|tree|fuzz|cache|erofs|graph|image|digest)\//

/**
 * One file that takes a minute should not be the last one, alone; and a process with much memory needs long to start another:
 * what starts none comes at the end.
 */
class ByTurns extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).sort((a, b) => turnOf(a) - turnOf(b))
  }
}

function turnOf({ moduleId }: TestSpecification): number {
  if (moduleId.endsWith('test/scripts/torture.test.ts')) return 0
  return textAndBytes.test(moduleId) ? 2 : 1
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/support/bundled.ts',
    // The default leaves one processor free, of two that is half; many tests wait for other programs.
    sequence: { sequencer: ByTurns },
    maxWorkers: '100%',
    // A worker for each file would load all sources again for each: a third of the time of all tests.
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
  },
})
