// Our proxy with its defaults, on the port given first, in front of the port given second.
import { proxy } from '@flotilla/balancer-proxy'

const [port = 0, workerPort = 0] = process.argv.slice(2).map(Number)
const front = proxy({ port })
await front.sync([{ id: 'worker', host: '127.0.0.1', port: workerPort }], {
  signal: AbortSignal.timeout(5000),
})
process.once('SIGTERM', () => process.exit())
