import { defineConfig } from 'vitest/config'

const report = process.env.TSBUILD_TEST_REPORT

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/support/bundled.ts',
    // The default leaves one processor free, of two that is half; many tests wait for other programs.
    maxWorkers: '100%',
    testTimeout: 60_000,
    hookTimeout: 120_000,
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
  },
})
