import { appendFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  Autoscaler,
  type Backend,
  FlotillaError,
  type Instance,
  fileStore,
  fixed,
} from '../../../src/index.js'
import { silentLogger } from '../../../src/logger.js'

/*
 * A controller in a process of its own, over machines that are files, so that a test can suspend and kill it:
 * `DIRECTORY COUNT LEASE_MS`. It says what befalls it, and tries to start until it may.
 */
const [, , directory = '', count = '1', leaseMs = '1500'] = process.argv
const machines = join(directory, 'machines')
const say = (line: string): void => void process.stdout.write(`${line}\n`)
const record = (call: string): Promise<void> =>
  appendFile(join(directory, 'calls.log'), `${process.pid} ${call}\n`)

const instanceOf = (group: string, token: string): Instance => ({
  id: token,
  group,
  token,
  name: token,
  status: 'running',
  createdAt: 0,
})

const backend: Backend = {
  name: 'files',
  supports: { usage: false, watch: false, chooseVictim: true },
  list: async (group) => (await readdir(machines)).map((token) => instanceOf(group, token)),
  async launch({ group, token }) {
    await record(`launch ${token}`)
    await writeFile(join(machines, token), '')
    return instanceOf(group, token)
  },
  async terminate(_, ids) {
    await record(`terminate ${ids.join(' ')}`)
    for (const id of ids) await rm(join(machines, id), { force: true })
    return { done: ids, failed: [] }
  },
  close: async () => {},
}

await mkdir(machines, { recursive: true })
const web = new Autoscaler({
  group: 'web',
  min: 0,
  max: 10,
  intervalMs: 200,
  backend,
  balancer: {
    name: 'recorder',
    async sync(members) {
      await record(`sync ${members.length}`)
      return { drained: [], cut: [], readmitted: [] }
    },
    close: async () => {},
  },
  policy: fixed(Number(count)),
  behavior: { scaleIn: { windowMs: 0 } },
  store: fileStore(join(directory, 'state'), { leaseMs: Number(leaseMs) }),
  logger: silentLogger,
})
web.on('problem', ({ kind, message }) => say(`problem ${kind}: ${message}`))
web.on('recovered', ({ kind }) => say(`recovered ${kind}`))

for (;;) {
  try {
    await web.start()
    break
  } catch (error) {
    if (!(error instanceof FlotillaError) || error.code !== 'conflict') throw error
    say(`refused: ${error.message}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
say('started')
