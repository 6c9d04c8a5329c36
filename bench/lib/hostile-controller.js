// A group of two processes behind our proxy on the port given, its state in the directory given. Says what becomes of its
// instances on stdout, a line each.
import { fileURLToPath } from 'node:url'
import { Autoscaler, fixed, httpProbe, memoryStore } from '@flotilla/core'
import { processes } from '@flotilla/backend-process'
import { proxy } from '@flotilla/balancer-proxy'

const [port = '0', stateDir = ''] = process.argv.slice(2)
const front = proxy({ port: Number(port) })
const group = new Autoscaler({
  group: 'hostile',
  min: 2,
  max: 3,
  intervalMs: 1000,
  backend: processes({
    command: [process.execPath, fileURLToPath(new URL('hostile-member.js', import.meta.url))],
    stateDir,
  }),
  balancer: front,
  probe: httpProbe('/'),
  policy: fixed(2),
  store: memoryStore(),
})
group.on('instance', ({ instance, to }) => console.log(`${instance.name} ${to}`))
await group.start()

async function end() {
  await group.stop({ terminate: true })
  await front.close()
  process.exit()
}
process.once('SIGTERM', () => void end())
