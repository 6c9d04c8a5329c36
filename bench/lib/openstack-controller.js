// A controller to be killed, or with a clock that is off: its store's directory, by how many milliseconds, and the size
// that it keeps; without a size it changes at random at every tick.
import { openstackCloud } from '@flotilla/backend-openstack'
import { groupOf } from './openstack-group.js'
import { cloudName, faultTemplate, groupName } from './openstack-faults-group.js'
import { restless, startForParent } from './restless.js'

const [directory = '', skewMs = '0', size] = process.argv.slice(2)
const now = Date.now.bind(Date)
Date.now = () => now() + Number(skewMs)

const cloud = openstackCloud({ cloud: cloudName, timeoutMs: 20_000 })
const group = groupOf(
  {
    group: groupName,
    ...restless(directory, size),
    launch: { backoff: { baseMs: 300, capMs: 2000 } },
  },
  { ...faultTemplate, cloud },
)
await startForParent(group)
