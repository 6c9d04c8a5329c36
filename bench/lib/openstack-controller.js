// A controller to be killed, or with a clock that is off: its store's directory, by how many milliseconds, and the size
// that it keeps; without a size it changes at random at every tick.
import { customPolicy, fileStore } from '@flotilla/core'
import { openstackCloud } from '@flotilla/backend-openstack'
import { groupOf } from './openstack-group.js'
import { cloudName, faultTemplate, groupName } from './openstack-faults-group.js'

const [directory = '', skewMs = '0', size] = process.argv.slice(2)
const now = Date.now.bind(Date)
Date.now = () => now() + Number(skewMs)

const cloud = openstackCloud({ cloud: cloudName, timeoutMs: 20_000 })
const { web, inService } = groupOf(
  {
    group: groupName,
    min: 1,
    max: 5,
    intervalMs: 400,
    policy: customPolicy({
      name: 'size',
      propose: () => (size === undefined ? 2 + Math.floor(4 * Math.random()) : Number(size)),
    }),
    behavior: { scaleOut: { rates: [] }, scaleIn: { windowMs: 0, rates: [] } },
    launch: { backoff: { baseMs: 300, capMs: 2000 } },
    store: fileStore(directory),
  },
  { ...faultTemplate, cloud },
)
web.on('tick', () => process.send?.({ inService: inService(), size: web.status().instances.length }))
process.on('message', () => void web.stop({ terminate: true }).then(() => process.exit(0)))
process.on('disconnect', () => process.exit(0))
await web.start()
