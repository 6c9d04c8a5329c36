import { defineConfig } from 'vitest/config'

const exclude = ['**/node_modules/**', '**/dist/**', '**/test/live/**']

export default defineConfig({
  // Tests run from source: the private condition that each package's `exports` begins with.
  ssr: { resolve: { conditions: ['@flotilla/source'] } },
  test: {
    testTimeout: 20_000,
    // A busy machine may take seconds for what an idle one does at once; vitest waits for one by default.
    expect: { poll: { timeout: 10_000 } },
    // By default one core is left to vitest itself, which has little to do: half the machine where there are two.
    maxWorkers: '100%',
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{packages,examples}/*/test/**/*.test.ts', '{bench,labs,scripts}/test/**/*.test.ts'],
          // Live suites need a real daemon; `npm run lab` brings it up and runs them.
          exclude: [...exclude, '**/*.alone.test.ts'],
          // To load the sources anew for each file would take as long as the tests do.
          isolate: false,
        },
      },
      {
        extends: true,
        // What puts something else in the place of a module.
        test: { name: 'alone', include: ['packages/*/test/**/*.alone.test.ts'], exclude },
      },
    ],
  },
})
