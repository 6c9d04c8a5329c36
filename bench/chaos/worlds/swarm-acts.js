import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../../lib/until.js'
import { cli, linesOf, nodes, on } from './swarm-nodes.js'

/** @import { Act, Stage } from '../world.js' */
/** @import { Node } from '../../../labs/docker/places.js' */

/** A node that is drained or a task that is gone is found out, and another serves, within this. */
const awayMs = 30_000

/**
 * What operators and bad luck do to a service and its nodes.
 *
 * @param {{ group: string, image: string, max: number }} given
 * @returns {readonly Act[]}
 */
export function actsOnSwarm({ group, image, max }) {
  const containers = async () => containersOf(group)
  const stateOf = async () =>
    cli('service', 'inspect', '--format', '{{with .UpdateStatus}}{{.State}}{{end}}', group)
  const imageNow = async () =>
    cli('service', 'inspect', '--format', '{{.Spec.TaskTemplate.ContainerSpec.Image}}', group)
  const imageBefore = async () =>
    cli(
      'service',
      'inspect',
      '--format',
      '{{with .PreviousSpec}}{{.TaskTemplate.ContainerSpec.Image}}{{end}}',
      group,
    )
  const update = async (/** @type {string[]} */ ...args) =>
    cli('service', 'update', '--detach', ...args, group)
  const broken = ['--image', 'flotilla-lab/nosuch:1', '--no-resolve-image', '--update-monitor', '2s']
  return [
    {
      name: 'kill the container of a task',
      weight: 2,
      excusedMs: awayMs,
      async run({ random }) {
        const { node, id } = oneOf(random, await containers())
        await on(node, 'kill', id)
      },
    },
    {
      name: 'pause the container of a task',
      weight: 3,
      excusedMs: awayMs,
      async run({ random, wanted }) {
        // What is on its way out from before is no victim of this.
        await until(async () => (await containers()).length === wanted(), 30_000, 500)
        const before = await containers()
        const { node, id } = oneOf(random, before)
        await on(node, 'pause', id)
        await sleep(random.whole(3000, 15_000))
        const now = new Set((await containers()).map((one) => one.id))
        const ended = before.filter((one) => !now.has(one.id))
        await on(node, 'unpause', id)
        if (ended.length > 0)
          throw new Error(`others were ended for it: ${ended.map((one) => one.id).join(', ')}`)
      },
    },
    {
      name: 'drain a node',
      excusedMs: awayMs,
      async run({ random }) {
        const { namespace } = oneOf(random, nodes)
        await cli('node', 'update', '--availability', 'drain', namespace)
        await sleep(random.whole(1000, 8000))
        await cli('node', 'update', '--availability', 'active', namespace)
      },
    },
    {
      name: 'roll out a change that works',
      excusedMs: awayMs,
      async run({ random, want }) {
        await update('--env-add', `N=${random.whole(1, 1_000_000)}`)
        if (random.uniform() < 0.5) want(random.whole(1, max))
        await until(async () => (await stateOf()) !== 'updating', 90_000, 500)
      },
    },
    {
      name: 'roll out a change that fails and is rolled back',
      weight: 2,
      excusedMs: awayMs,
      async run({ random, want }) {
        await update(...broken, '--update-failure-action', 'rollback')
        want(random.whole(1, max))
        await until(
          async () => (await imageNow()) === image && (await stateOf()) !== 'rollback_started',
          90_000,
          500,
        )
      },
    },
    {
      name: 'roll out a change that fails, and take it back by hand',
      weight: 2,
      excusedMs: awayMs,
      async run({ random, want }) {
        await update(...broken, '--update-failure-action', 'pause')
        want(random.whole(1, max))
        await until(async () => (await stateOf()) === 'paused', 90_000, 500)
        await sleep(5000)
        if ((await stateOf()) !== 'paused') throw new Error(`the rollout was set going: ${await stateOf()}`)
        await cli('service', 'rollback', '--detach', group)
        await until(async () => (await stateOf()) !== 'rollback_started', 90_000, 500)
        const now = await imageNow()
        if (now !== image) throw new Error(`the rollback went to ${now}`)
      },
    },
    {
      name: 'docker service rollback',
      excusedMs: awayMs,
      async run() {
        const target = await imageBefore()
        if (target === '') return 'there is nothing to go back to'
        await cli('service', 'rollback', '--detach', group)
        if (target === image) return undefined
        // A rollout that was taken back by hand is what it goes back to: the operator sees it fail, and goes on to what works.
        await until(async () => (await stateOf()) !== 'rollback_started', 90_000, 500)
        await update('--image', image, '--no-resolve-image', '--update-failure-action', 'pause')
        await until(async () => (await stateOf()) === 'completed', 90_000, 500)
        return `to ${target}, and on to what works`
      },
    },
    {
      name: 'scale by hand',
      weight: 2,
      excusedMs: awayMs,
      async run({ random }) {
        const count = random.whole(0, max)
        await cli('service', 'scale', '--detach', `${group}=${count}`)
        // A tick sees it.
        await sleep(3000)
        return String(count)
      },
    },
    {
      name: 'take our label off, and put it on again',
      excusedMs: awayMs,
      async run() {
        const before = await containers()
        await update('--label-rm', 'flotilla.group')
        await sleep(6000)
        const now = new Set((await containers()).map(({ id }) => id))
        await update('--label-add', `flotilla.group=${group}`)
        if (before.some(({ id }) => !now.has(id))) throw new Error('tasks were ended meanwhile')
      },
    },
  ]
}

/**
 * Those that run, with the node that each is on.
 *
 * @param {string} service
 * @returns {Promise<readonly { node: Node, id: string }[]>}
 */
async function containersOf(service) {
  const filters = ['--filter', `label=com.docker.swarm.service.name=${service}`]
  const found = await Promise.all(
    nodes.map(async (node) =>
      linesOf(await on(node, 'ps', '-q', '--no-trunc', ...filters)).map((id) => ({ node, id })),
    ),
  )
  return found.flat()
}

/**
 * @template T
 * @param {Stage['random']} random
 * @param {readonly T[]} all
 */
function oneOf(random, all) {
  const one = random.pick(all)
  if (one === undefined) throw new Error('no task runs')
  return one
}
