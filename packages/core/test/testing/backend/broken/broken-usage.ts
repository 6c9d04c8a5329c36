import { FlotillaError, type Instance, type Reading } from '@flotilla/core'
import type { BrokenBackend } from './broken-backend.js'

const whole = 'usage gives cpu as a ratio and memory in bytes, one of each for every instance'
const known = 'usage gives what the instance uses: a cpu ratio of its own limit, and memory in bytes'
const taken = 'usage is taken now'
const gone = 'an instance that cannot be read gets an absent reading with its reason, and the others are read'
const restarted = 'usage of instances found after a restart is read too'

/** A backend whose readings are changed on the way out. */
function reading(change: (readings: readonly Reading[]) => readonly Reading[]): BrokenBackend['breaks'] {
  return (inner) => ({
    usage: async (instances, options) => change((await inner.usage?.(instances, options)) ?? []),
  })
}

/** A backend whose values are changed on the way out. */
function valuing(
  change: (reading: Reading & { kind: 'value' }) => Partial<Reading>,
): BrokenBackend['breaks'] {
  return reading((readings) =>
    readings.map((given) => (given.kind === 'value' ? ({ ...given, ...change(given) } as Reading) : given)),
  )
}

export const brokenUsage: readonly BrokenBackend[] = [
  {
    that: 'gives no cpu',
    breaks: reading((readings) => readings.filter(({ name }) => name !== 'cpu')),
    fails: [whole, known, gone, restarted],
  },
  {
    that: 'gives no memory',
    breaks: reading((readings) => readings.filter(({ name }) => name !== 'memory')),
    fails: [whole, known, gone, restarted],
  },
  {
    that: 'reads only the first instance',
    breaks: (inner) => ({
      usage: async (instances, options) => (await inner.usage?.(instances.slice(0, 1), options)) ?? [],
    }),
    fails: [whole, gone],
  },
  {
    that: 'leaves out an instance that it cannot read',
    breaks: reading((readings) => readings.filter(({ kind }) => kind === 'value')),
    fails: [gone],
  },
  {
    that: 'gives 0 for an instance that it cannot read',
    breaks: reading((readings) =>
      readings.map((given) => ({ ...given, kind: 'value', value: 'value' in given ? given.value : 0 })),
    ),
    fails: [gone],
    andMore: true,
  },
  {
    that: 'gives no reason for an absent reading',
    breaks: reading((readings) =>
      readings.map((given) => (given.kind === 'absent' ? { ...given, reason: ' ' } : given)),
    ),
    fails: [gone],
  },
  {
    that: 'reads nothing when one instance is gone',
    breaks: (inner) => ({
      usage: async (instances, options) => {
        const lost = instances.find(({ id }) => inner.machines.get(id) === undefined)
        if (lost !== undefined) throw new FlotillaError('not-found', `usage: ${lost.id}: 404`)
        return (await inner.usage?.(instances, options)) ?? []
      },
    }),
    fails: [gone],
  },
  {
    that: 'gives cpu in percent',
    breaks: valuing(({ name, value }) => (name === 'cpu' ? { value: value * 100 } : {})),
    fails: [known],
  },
  {
    that: 'gives memory in megabytes',
    breaks: valuing(({ name, value }) => (name === 'memory' ? { value: value / 1e6 } : {})),
    fails: [known],
  },
  {
    that: 'gives cpu in another unit',
    breaks: reading((readings) =>
      readings.map((given) => (given.name === 'cpu' ? { ...given, unit: 'none' } : given)),
    ),
    fails: [whole, known, gone, restarted],
  },
  {
    that: 'gives a cpu that is not a number',
    breaks: valuing(({ name }) => (name === 'cpu' ? { value: NaN } : {})),
    fails: [whole, known],
  },
  {
    that: 'gives a negative cpu',
    breaks: valuing(({ name, value }) => (name === 'cpu' ? { value: -value } : {})),
    fails: [whole, known],
  },
  {
    that: 'gives each reading twice',
    breaks: reading((readings) => [...readings, ...readings]),
    fails: [whole, known, gone, restarted],
  },
  {
    that: 'gives readings of instances that it was not asked about',
    breaks: (inner) => ({
      usage: async (instances, options) => {
        const [first] = instances
        const asked: readonly Instance[] =
          first === undefined ? [] : [...instances, ...inner.machines.show(first.group)]
        const unique = new Map(
          [...asked, { ...asked[0], id: 'another' } as Instance].map((instance) => [instance.id, instance]),
        )
        return first === undefined ? [] : ((await inner.usage?.([...unique.values()], options)) ?? [])
      },
    }),
    fails: [whole, gone],
  },
  {
    that: 'gives a reading when asked about nobody',
    breaks: reading((readings) =>
      readings.length === 0
        ? [{ kind: 'value', name: 'cpu', unit: 'ratio', at: Date.now(), value: 0 }]
        : readings,
    ),
    fails: ['usage of no instance is no reading'],
  },
  {
    that: 'gives the time in seconds',
    breaks: reading((readings) => readings.map((given) => ({ ...given, at: given.at / 1_000 }))),
    fails: [taken],
  },
  {
    that: 'gives readings of an hour ago',
    breaks: reading((readings) => readings.map((given) => ({ ...given, at: given.at - 3_600_000 }))),
    fails: [taken],
  },
  {
    that: 'reads only what it launched itself',
    breaks: (inner) => {
      const launched = new Set<string>()
      return {
        launch: async (request, options) => {
          const instance = await inner.launch(request, options)
          launched.add(instance.id)
          return instance
        },
        usage: async (instances, options) =>
          ((await inner.usage?.(instances, options)) ?? []).filter(({ instanceId }) =>
            launched.has(instanceId ?? ''),
          ),
      }
    },
    fails: [restarted],
  },
]
