// The story by our client: on the command line how many servers, their name, how many at one time, how often it is looked
// (ms), and when this process was started (ms since the epoch). Prints what it took as JSON.
import { collect, connect } from '@flotilla/openstack-client'
import { setTimeout as sleep } from 'node:timers/promises'

const [, , count, name, width, pollMs, startedMs] = process.argv
let calls = 0
const cloud = connect({ onCall: () => void (calls += 1) })
const { compute, image } = cloud
/** @type {Record<string, { ms: number, cpuMs: number }>} */
const phases = {}
let last = { atMs: Number(startedMs), cpuMs: 0 }

const flavor = await compute.flavors.find('m1.tiny')
const golden = await image.find('fake-image')
if (flavor === undefined || golden === undefined) throw new Error('the lab has no m1.tiny or no fake-image')
end('start')

await inPool(Array.from({ length: Number(count) }), async (_, index) => {
  await compute.servers.create({
    name: `${name}-${index + 1}`,
    flavorId: flavor.id,
    imageId: golden.id,
    networks: 'none',
  })
})
end('create')

const list = async () => collect(compute.servers.list({ namePattern: `^${name}-` }))
let servers = await list()
while (servers.filter(({ status }) => status === 'ACTIVE').length < Number(count)) {
  if (servers.some(({ status }) => status === 'ERROR')) throw new Error('a server came to ERROR')
  await sleep(Number(pollMs))
  servers = await list()
}
end('until ACTIVE')

await inPool(servers, async ({ id }) => compute.servers.tags.add(id, 'story'))
end('tag')

await inPool(servers, async ({ id }) => void (await compute.servers.delete(id)))
end('delete')

while ((await list()).length > 0) await sleep(Number(pollMs))
end('until gone')
await cloud.close()
console.log(JSON.stringify({ calls, phases }))

/**
 * @template T
 * @param {readonly T[]} things
 * @param {(thing: T, index: number) => Promise<void>} work
 */
async function inPool(things, work) {
  const left = things.entries()
  const worker = async () => {
    for (const [index, thing] of left) await work(thing, index)
  }
  await Promise.all(Array.from({ length: Number(width) }, worker))
}

/** @param {string} phase */
function end(phase) {
  const { user, system } = process.cpuUsage()
  const now = { atMs: performance.timeOrigin + performance.now(), cpuMs: (user + system) / 1000 }
  phases[phase] = { ms: now.atMs - last.atMs, cpuMs: now.cpuMs - last.cpuMs }
  last = now
}
