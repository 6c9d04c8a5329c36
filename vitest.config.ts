import { defineConfig } from 'vitest/config'

export default defineConfig({
  // Tests run from source: the private condition that each package's `exports` begins with.
  ssr: { resolve: { conditions: ['@flotilla/source'] } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'examples/*/test/**/*.test.ts'],
    testTimeout: 20_000,
  },
})
