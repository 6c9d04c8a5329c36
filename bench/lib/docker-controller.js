// A controller to be killed: the options of its Nginx, its store's directory, and the size that it keeps; without a size
// it changes at random at every tick.
import { customPolicy, fileStore } from '@flotilla/core'
import { groupBehind } from './docker-group.js'

const [nginxOptions = '{}', directory = '', size] = process.argv.slice(2)
const { web, inService } = groupBehind(
  { options: JSON.parse(nginxOptions) },
  {
    group: 'killed',
    min: 1,
    max: 5,
    intervalMs: 400,
    policy: customPolicy({
      name: 'size',
      propose: () => (size === undefined ? 2 + Math.floor(4 * Math.random()) : Number(size)),
    }),
    behavior: { scaleOut: { rates: [] }, scaleIn: { windowMs: 0, rates: [] } },
    store: fileStore(directory),
  },
)
web.on('tick', () => process.send?.({ inService: inService(), size: web.status().instances.length }))
process.on('message', () => void web.stop({ terminate: true }).then(() => process.exit(0)))
process.on('disconnect', () => process.exit(0))
await web.start()
