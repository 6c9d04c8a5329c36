// A web service that runs as one to five processes of this machine, as its CPU asks for. Stop it with Ctrl-C.
import { fileURLToPath } from 'node:url'
import { Autoscaler, fileStore, httpProbe, targetTracking } from '@flotilla/core'
import { processes } from '@flotilla/backend-process'
import { proxy } from '@flotilla/balancer-proxy'

const front = proxy({ port: 8080 })

const web = new Autoscaler({
  group: 'quickstart',
  min: 1,
  max: 5,
  intervalMs: 2000,
  // An instance counts as full at a tenth of a core, so that any machine has room for the whole group.
  backend: processes({ command: ['node', fileURLToPath(new URL('worker.js', import.meta.url))], cpus: 0.1 }),
  balancer: front,
  probe: httpProbe('/health'),
  policy: targetTracking({ metric: 'cpu', target: 0.6 }),
  behavior: { scaleIn: { windowMs: 20_000 } },
  // What damps the group survives a restart, and so does the group.
  store: fileStore('.flotilla'),
})

web.on('scaled', ({ from, to, reason }) => console.log(`${from} -> ${to}: ${reason}`))
web.on('instance', ({ instance, to }) => console.log(`  ${instance.name} is ${to}`))

// What ends it, such as a controller of the group that runs already, is told in a sentence.
process.once('uncaughtException', (error) => {
  console.error(error.message)
  process.exit(1)
})

// Before anything is made: a port that another program has is told now.
await front.listen()
await web.start()
console.log(
  'http://127.0.0.1:8080 serves; give it load, such as: npx autocannon -c 20 -R 50 -d 60 http://127.0.0.1:8080',
)

async function end() {
  // Without `terminate` the processes would go on, and the next start would find them.
  await web.stop({ terminate: true })
  await front.close()
}
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void end())
