import { defineConfig } from 'vitest/config'

/** The suites against real daemons: `npm run lab -- NAME` brings the daemon up and runs them with this. */
export default defineConfig({
  ssr: { resolve: { conditions: ['@flotilla/source'] } },
  test: {
    include: ['{packages,examples}/*/test/live/**/*.test.ts', 'labs/*/test/**/*.test.ts'],
    // One daemon, and real machines: files take turns.
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
})
