import { defineConfig } from 'vitest/config'

export default defineConfig({
  // Tests run from source: the private condition that each package's `exports` begins with.
  ssr: { resolve: { conditions: ['@flotilla/source'] } },
  test: {
    include: ['{packages,examples}/*/test/**/*.test.ts', '{bench,labs,scripts}/test/**/*.test.ts'],
    // Live suites need a real daemon; `npm run lab` brings it up and runs them.
    exclude: ['**/node_modules/**', '**/dist/**', '**/test/live/**'],
    testTimeout: 20_000,
  },
})
