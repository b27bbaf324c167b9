import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const report = process.env.TSBUILD_TEST_REPORT

/** One file that takes a minute should not be the last one, alone. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) => moduleId.endsWith('test/scripts/torture.test.ts')
    return (await super.sort(files)).sort((a, b) => Number(isLong(b)) - Number(isLong(a)))
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/support/bundled.ts',
    // The default leaves one processor free, of two that is half; many tests wait for other programs.
    sequence: { sequencer: LongestFirst },
    maxWorkers: '100%',
    // A worker for each file would load all sources again for each: a third of the time of all tests.
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
  },
})
