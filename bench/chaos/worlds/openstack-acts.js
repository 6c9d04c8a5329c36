import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../../lib/until.js'

/** @import { Act, Stage } from '../world.js' */
/** @import { Operator } from './openstack-operator.js' */

/**
 * What somebody does to servers of the group.
 *
 * @param {Operator} operator
 * @returns {readonly Act[]}
 */
export function actsOnServers(operator) {
  const { api, admin, project } = operator
  /** Something after which a server is of no use: another must take its place, also when the controller dies of it. */
  const once = (
    /** @type {string} */ name,
    /** @type {(id: string) => Promise<unknown>} */ deed,
    weight = 1,
  ) => ({
    name,
    weight,
    async run(/** @type {Stage} */ { world, random, controller }) {
      const { id } = await operator.one(random)
      const refused = await operator.tryTo(() => deed(id))
      if (refused !== undefined) return refused
      const isKilled = random.uniform() < 0.3
      if (isKilled) {
        await sleep(random.uniform() * 4 * world.intervalMs)
        await controller.kill('SIGKILL')
        controller.start()
        await controller.started()
      }
      await until(
        async () => !(await project.members().catch(() => [{ id }])).some((server) => server.id === id),
        170_000,
        1500,
      )
      return isKilled ? `${id}, and the controller killed meanwhile` : id
    },
  })
  /** Something that is undone after a while, in which the group is to do something. */
  const forAWhile = (
    /** @type {string} */ name,
    /** @type {unknown} */ deed,
    /** @type {unknown} */ undo,
    /** @type {RegExp} */ status = /ACTIVE/,
  ) => ({
    name,
    async run(/** @type {Stage} */ stage) {
      const { id } = await operator.one(stage.random)
      const refused = await operator.tryTo(() => operator.act(id, deed))
      if (refused !== undefined) return refused
      await operator.untilStatus(id, status)
      await keptMeanwhile(operator, stage, id)
      return (await operator.tryTo(() => operator.act(id, undo))) ?? id
    },
  })
  return [
    once('delete a server by hand', (id) => api.ask('compute', 'DELETE', `/servers/${id}`), 3),
    once('stop a server', (id) => operator.act(id, { 'os-stop': null })),
    once('pause a server', (id) => operator.act(id, { pause: null })),
    once('suspend a server', (id) => operator.act(id, { suspend: null })),
    once('set a server to ERROR (admin)', (id) =>
      admin.ask('compute', 'POST', `/servers/${id}/action`, { 'os-resetState': { state: 'error' } }),
    ),
    forAWhile('lock a server for a while', { lock: null }, { unlock: null }),
    forAWhile('rescue a server for a while', { rescue: {} }, { unrescue: null }, /RESCUE/),
    forAWhile('shelve a server for a while', { shelve: null }, { unshelve: null }, /SHELVED.*/),
    {
      name: 'make an image of a server',
      async run({ random }) {
        const { id } = await operator.one(random)
        return (await operator.tryTo(() => imageOf(operator, id))) ?? id
      },
    },
    {
      name: 'rename a server for a while',
      async run(stage) {
        const { id, name } = await operator.one(stage.random)
        const rename = (/** @type {string} */ to) =>
          operator.tryTo(() => api.ask('compute', 'PUT', `/servers/${id}`, { server: { name: to } }))
        await rename('kept-by-hand')
        await keptMeanwhile(operator, stage, id)
        return (await rename(name)) ?? id
      },
    },
    {
      name: 'remove our metadata from a server',
      async run({ random }) {
        const server = await operator.one(random)
        const { ports, addresses } = await operator.belongingsOf(server)
        const refused = await operator.tryTo(() =>
          api.ask('compute', 'PUT', `/servers/${server.id}/metadata`, { metadata: {} }),
        )
        if (refused !== undefined) return refused
        const ids = [server, ...ports, ...addresses].map(({ id }) => id)
        await project.keep(...ids)
        await sleep(random.whole(5000, 20_000))
        const harm = await project.harm()
        if (harm.length > 0) throw new Error(harm.join('; '))
        for (const id of ids) project.letGo(id)
        return (
          (await operator.tryTo(() => api.ask('compute', 'DELETE', `/servers/${server.id}`))) ?? server.id
        )
      },
    },
  ]
}

/**
 * The group changes its size while somebody holds one of its servers: that one must stay.
 *
 * @param {Operator} operator
 * @param {Stage} stage
 * @param {string} id
 */
async function keptMeanwhile({ project }, { world, random, want }, id) {
  await project.keep(id)
  if (random.uniform() < 0.7) want(random.whole(1, world.max))
  await sleep(random.whole(2000, 12_000))
  const harm = await project.harm()
  project.letGo(id)
  if (harm.length > 0) throw new Error(harm.join('; '))
}

/**
 * @param {Operator} operator
 * @param {string} id
 */
async function imageOf({ api }, id) {
  await api.ask('compute', 'POST', `/servers/${id}/action`, { createImage: { name: 'chaos-image' } })
  await sleep(500)
  const { images } = await api.ask('image', 'GET', '/images?name=chaos-image')
  for (const image of images) await api.ask('image', 'DELETE', `/images/${image.id}`)
}
