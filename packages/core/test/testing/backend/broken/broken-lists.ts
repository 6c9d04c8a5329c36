import { FlotillaError, type Instance } from '@flotilla/core'
import { everyMachine, showing, type BrokenBackend } from './broken-backend.js'

const whole = 'list shows every machine once, whole: id, name, status, creation time, address'

export const brokenLists: readonly BrokenBackend[] = [
  {
    that: "lists nobody's machines too",
    breaks: (inner) => ({
      list: async (group, options) => [
        ...(await inner.list(group, options)),
        ...everyMachine(inner).filter((machine) => machine.group === ''),
      ],
    }),
    fails: ['list never shows a machine without the label'],
  },
  {
    that: 'lists the machines of every group',
    breaks: (inner) => ({
      list: async (group, options) => {
        await inner.list(group, options)
        return everyMachine(inner).filter((machine) => machine.group !== '')
      },
    }),
    fails: [
      'list shows only its own group',
      'a restarted controller finds its group, and nothing else',
      'terminate reports what was done and what failed, every id in exactly one of the two',
    ],
  },
  {
    that: 'lists a machine only a while after its launch',
    breaks: (inner) => {
      let launchedIds: string[] = []
      return {
        launch: async (request, options) => {
          const instance = await inner.launch(request, options)
          launchedIds.push(instance.id)
          return instance
        },
        list: async (group, options) => {
          const hiddenIds = launchedIds
          launchedIds = []
          return (await inner.list(group, options)).filter(({ id }) => !hiddenIds.includes(id))
        },
      }
    },
    fails: [
      'list reads its own writes: it shows a launch as soon as that has resolved, with its group and token',
    ],
    andMore: true,
  },
  {
    that: 'lists a machine once more after its end',
    breaks: (inner) => {
      let ended: readonly Instance[] = []
      return {
        terminate: async (group, ids, options) => {
          const before = everyMachine(inner).filter(({ id }) => ids.includes(id))
          const report = await inner.terminate(group, ids, options)
          ended = before.filter(({ id }) => report.done.includes(id))
          return report
        },
        list: async (group, options) => {
          const shown = [...(await inner.list(group, options)), ...ended]
          ended = []
          return shown.filter((instance) => instance.group === group)
        },
      }
    },
    fails: [
      'list reads its own writes: it no longer shows what terminate has ended',
      'list shows a machine that stopped by itself, until it is terminated',
      'terminate resolves only when what it reports done no longer runs',
      'terminate reports what was done and what failed, every id in exactly one of the two',
      'terminate reports a machine that the vendor would not end as failed, and list still shows it',
      'terminate ends exactly the machines named',
    ],
  },
  {
    that: 'lists every machine twice',
    breaks: (inner) => ({
      list: async (group, options) => {
        const shown = await inner.list(group, options)
        return [...shown, ...shown]
      },
    }),
    fails: [whole],
  },
  {
    that: 'hides machines that stopped',
    breaks: (inner) => ({
      list: async (group, options) =>
        (await inner.list(group, options)).filter(({ status }) => status !== 'stopped'),
    }),
    fails: [
      'list shows a machine that stopped by itself, until it is terminated',
      'lastOutput is there of an instance that has stopped',
    ],
  },
  {
    that: 'hands out one array and goes on changing it',
    breaks: (inner) => {
      const shown: Instance[] = []
      return {
        list: async (group, options) => {
          shown.splice(0, shown.length, ...(await inner.list(group, options)))
          return shown
        },
      }
    },
    fails: ['what list gives does not change afterwards, and a second list sees what changed'],
  },
  {
    that: 'knows its machines from memory',
    breaks: (inner) => {
      const launchedIds = new Set<string>()
      return {
        launch: async (request, options) => {
          const instance = await inner.launch(request, options)
          launchedIds.add(instance.id)
          return instance
        },
        list: async (group, options) =>
          (await inner.list(group, options)).filter(({ id }) => launchedIds.has(id)),
      }
    },
    fails: [
      'a restarted controller finds its group, and nothing else',
      'close leaves every machine running',
      'usage of instances found after a restart is read too',
    ],
  },
  {
    that: 'fails to list a group without machines',
    breaks: (inner) => ({
      list: async (group, options) => {
        const shown = await inner.list(group, options)
        if (shown.length === 0) throw new FlotillaError('not-found', `list ${group}: no such group`)
        return shown
      },
    }),
    fails: ['list of a group that has no machine is empty'],
    andMore: true,
  },
  {
    that: 'shows another id in list than launch gave',
    breaks: (inner) => ({
      launch: async (request, options) => {
        const instance = await inner.launch(request, options)
        return { ...instance, id: `new-${instance.id}` }
      },
    }),
    fails: [
      'list reads its own writes: it shows a launch as soon as that has resolved, with its group and token',
    ],
    andMore: true,
  },
  {
    that: 'shows the name where the token should be',
    breaks: showing(({ name }) => ({ token: name })),
    fails: [
      'list reads its own writes: it shows a launch as soon as that has resolved, with its group and token',
      'a group and a token of one character, and of 63, are taken as they are',
    ],
  },
  { that: 'shows machines without a name', breaks: showing(() => ({ name: '' })), fails: [whole] },
  {
    that: "shows the vendor's own status",
    breaks: (inner) => ({
      list: async (group, options) =>
        (await inner.list(group, options)).map((instance) =>
          instance.status === 'pending' ? { ...instance, status: 'BUILD' as 'pending' } : instance,
        ),
    }),
    fails: [whole],
  },
  {
    that: 'shows the creation time in seconds',
    breaks: showing(({ createdAt }) => ({ createdAt: createdAt / 1_000 })),
    fails: [whole],
  },
  {
    that: 'shows a host with its port',
    options: { bootMs: 0, address: () => ({ host: '[::1]:80', port: 80 }) },
    breaks: () => ({}),
    fails: [whole],
  },
  {
    that: 'shows port 0',
    options: { bootMs: 0, address: () => ({ host: '::1', port: 0 }) },
    breaks: () => ({}),
    fails: [whole],
  },
]
