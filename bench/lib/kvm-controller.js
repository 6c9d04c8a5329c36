// A controller to be killed: its store's directory, and the size that it keeps; without a size it changes at random at
// every tick.
import { groupOf } from './kvm-group.js'
import { faultTemplate } from './kvm-faults-group.js'
import { restless, startForParent } from './restless.js'

const [directory = '', size] = process.argv.slice(2)
const group = groupOf(
  {
    group: 'killed',
    ...restless(directory, size),
    probe: undefined,
  },
  faultTemplate,
)
await startForParent(group)
