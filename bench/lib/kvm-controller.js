// A controller to be killed: its store's directory, and the size that it keeps; without a size it changes at random at
// every tick.
import { customPolicy, fileStore } from '@flotilla/core'
import { groupOf } from './kvm-group.js'
import { faultTemplate } from './kvm-faults-group.js'

const [directory = '', size] = process.argv.slice(2)
const { web, inService } = groupOf(
  {
    group: 'killed',
    min: 1,
    max: 5,
    intervalMs: 400,
    probe: undefined,
    policy: customPolicy({
      name: 'size',
      propose: () => (size === undefined ? 2 + Math.floor(4 * Math.random()) : Number(size)),
    }),
    behavior: { scaleOut: { rates: [] }, scaleIn: { windowMs: 0, rates: [] } },
    store: fileStore(directory),
  },
  faultTemplate,
)
web.on('tick', () => process.send?.({ inService: inService(), size: web.status().instances.length }))
process.on('message', () => void web.stop({ terminate: true }).then(() => process.exit(0)))
process.on('disconnect', () => process.exit(0))
await web.start()
