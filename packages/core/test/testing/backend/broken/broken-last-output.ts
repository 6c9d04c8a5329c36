import type { FakeBackend } from '@flotilla/core/testing'
import type { BrokenBackend } from './broken-backend.js'

const last = 'lastOutput gives the last lines that an instance wrote'
const stopped = 'lastOutput is there of an instance that has stopped'
const bounded = 'lastOutput is bounded, and shows no secret'

/** A backend that gives something else than what it should of what a machine wrote. */
function giving(change: (output: string) => string | undefined): BrokenBackend['breaks'] {
  return (inner: FakeBackend) => ({
    lastOutput: async ({ id }) => change(inner.machines.get(id)?.output ?? ''),
  })
}

export const brokenLastOutput: readonly BrokenBackend[] = [
  {
    that: 'leaks a secret that a machine wrote',
    breaks: giving((output) => output.trim().split('\n').slice(-10).join('\n')),
    fails: [bounded],
  },
  {
    that: 'gives all that a machine wrote',
    breaks: giving((output) => output.trim().replaceAll(/(PASSWORD=|Bearer )\S+/g, '$1(hidden)')),
    fails: [bounded],
  },
  {
    that: 'gives what a machine wrote first',
    breaks: giving((output) => output.split('\n')[0]),
    fails: [last, bounded],
  },
  {
    that: 'forgets what a machine wrote when it stops',
    breaks: (inner) => ({
      lastOutput: async (instance, options) =>
        instance.status === 'stopped' ? undefined : inner.lastOutput(instance, options),
    }),
    fails: [stopped],
  },
]
