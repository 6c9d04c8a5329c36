import { setTimeout as sleep } from 'node:timers/promises'
import { attempt } from './docker-cli.js'

/** @import { Act, Stage } from '../world.js' */
/** @import { Row } from './docker-cli.js' */
/** @import { ContainerFront } from './docker-front.js' */
/** @import { Strangers } from './docker-strangers.js' */

/**
 * @typedef {object} Given
 * @property {() => Promise<readonly Row[]>} members
 * @property {ContainerFront} front
 * @property {Strangers} strangers
 * @property {string} network
 * @property {number} settleMs
 * @property {number} intervalMs
 */

/**
 * What is done to the group's containers, and to what looks like them.
 *
 * @param {Given} given
 * @returns {readonly Act[]}
 */
export function actsOnContainers({ members, front, strangers, network, settleMs, intervalMs }) {
  /** A member's requests fail until it is found out. */
  const untilFound = 4 * intervalMs
  const one = async (/** @type {Stage} */ { random }) => random.pick(await members())
  /**
   * An act on one member; where it was the only one, the act lasts until clients get answers again.
   *
   * @param {(id: string, stage: Stage) => Promise<string | void>} act
   * @returns {Act['run']}
   */
  const onOne = (act) => async (stage) => {
    const member = await one(stage)
    if (member === undefined) return 'there was none'
    const note = await act(member.id, stage)
    await front.answers(settleMs)
    return `${member.name}${note === undefined ? '' : `, ${note}`}`
  }
  return [
    {
      name: "kill -9 a container's process",
      weight: 2,
      excusedMs: untilFound,
      run: onOne(async (id) => {
        const pid = Number(await attempt('inspect', '--format', '{{.State.Pid}}', id))
        if (pid > 1) process.kill(pid, 'SIGKILL')
      }),
    },
    {
      name: 'docker kill',
      excusedMs: untilFound,
      run: onOne(async (id) => void (await attempt('kill', id))),
    },
    {
      name: 'docker stop',
      excusedMs: untilFound,
      run: onOne(async (id) => void (await attempt('stop', '-t', '2', id))),
    },
    {
      name: 'docker restart',
      excusedMs: untilFound,
      run: onOne(async (id) => void (await attempt('restart', '-t', '1', id))),
    },
    {
      name: 'docker pause, later unpause',
      weight: 2,
      excusedMs: 10_000,
      run: onOne(async (id, { random }) => {
        const ms = random.whole(300, 6000)
        await attempt('pause', id)
        await sleep(ms)
        await attempt('unpause', id)
        return `for ${ms} ms`
      }),
    },
    {
      name: 'docker rm -f one',
      weight: 2,
      excusedMs: untilFound,
      run: onOne(async (id) => void (await attempt('rm', '-f', id))),
    },
    {
      name: 'docker rm -f all',
      excusedMs: untilFound,
      async run() {
        await attempt('rm', '-f', ...(await members()).map(({ id }) => id))
        await front.answers(settleMs)
      },
    },
    {
      name: 'docker rename',
      run: onOne(async (id, { random }) => {
        await attempt('rename', id, `chaos-renamed-${random.whole(1, 1e9)}`)
      }),
    },
    {
      name: 'disconnect the network, later connect',
      excusedMs: untilFound,
      run: onOne(async (id, { random }) => {
        const ms = random.whole(0, 6000)
        await attempt('network', 'disconnect', network, id)
        await sleep(ms)
        await attempt('network', 'connect', network, id)
        return `after ${ms} ms`
      }),
    },
    {
      name: 'docker update',
      run: onOne(async (id) => void (await attempt('update', '--restart', 'always', '--cpus', '1', id))),
    },
    { name: 'run a container with our prefix', run: async () => strangers.run() },
    {
      name: 'run a container with labels of ours',
      run: async () => strangers.run({ labels: { 'flotilla.group': 'chaos', 'flotilla.owner': 'somebody' } }),
    },
    {
      // Docker pauses a container while it commits it.
      name: 'docker commit a member, and run that',
      excusedMs: untilFound,
      run: onOne(async (id) => {
        const image = await attempt('commit', id)
        return image === '' ? 'it had gone' : strangers.run({ image })
      }),
    },
  ]
}
