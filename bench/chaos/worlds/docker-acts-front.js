import { setTimeout as sleep } from 'node:timers/promises'
import { cli } from './docker-cli.js'
import { ourFile } from './docker-front.js'

/** @import { Act } from '../world.js' */
/** @import { ContainerFront } from './docker-front.js' */

const theirServer = 'server { listen 80; location / { return 404; } }'

/**
 * What is done to the Nginx in front. An act that leaves it without our file lasts until clients get answers again, and
 * that must be soon.
 *
 * @param {{ front: ContainerFront, settleMs: number, intervalMs: number }} given
 * @returns {readonly Act[]}
 */
export function actsOnFront({ front, settleMs, intervalMs }) {
  const { container } = front
  const mended = async () => front.answers(settleMs)
  const pauseMs = () => sleep(2 * intervalMs)
  return [
    {
      name: 'run nginx-lb again, our file kept',
      excusedMs: 'front',
      async run() {
        await front.run({ keepsFile: true })
        await mended()
      },
    },
    {
      name: 'run nginx-lb again, empty',
      weight: 2,
      excusedMs: 'front',
      async run() {
        await front.run()
        await mended()
      },
    },
    {
      name: 'remove nginx-lb, later run it again',
      excusedMs: 'front',
      async run({ world, random, want }) {
        await cli('rm', '-f', container)
        want(random.whole(1, world.max))
        await pauseMs()
        await front.run()
        await mended()
      },
    },
    {
      name: 'stop nginx-lb, later start it',
      excusedMs: 'front',
      async run({ world, random, want }) {
        await cli('stop', '-t', '1', container)
        if (random.uniform() < 0.5) want(random.whole(1, world.max))
        await pauseMs()
        await cli('start', container)
        await mended()
      },
    },
    {
      name: 'delete our file',
      async run() {
        await front.sh(`rm -f ${ourFile}`)
        await pauseMs()
      },
    },
    {
      name: 'delete our file, and reload',
      excusedMs: 'front',
      async run() {
        await front.sh(`rm -f ${ourFile} && nginx -s reload`)
        await sleep(300)
        await mended()
      },
    },
    {
      name: 'edit our file',
      async run({ random }) {
        const line = random.uniform() < 0.5 ? '# by hand' : 'this is no directive'
        await front.sh(`echo "${line}" >> ${ourFile}`)
        await pauseMs()
        return line
      },
    },
    {
      // It is the operator's from then on, and stays until they take it away.
      name: 'write a server of their own over our file, and reload; later remove it',
      excusedMs: 'front',
      async run({ world, random, want }) {
        await front.write(ourFile, theirServer)
        await front.reload()
        want(random.whole(1, world.max))
        await sleep(4 * intervalMs)
        const found = await front.read(ourFile)
        await front.sh(`rm -f ${ourFile}`)
        await front.reload()
        await mended()
        if (found !== theirServer) throw new Error(`the operator's file was replaced: ${found}`)
      },
    },
    { name: 'nginx -s reload', run: async () => front.reload() },
  ]
}
