// A controller to be killed: the options of its Nginx, its store's directory, and the size that it keeps; without a size
// it changes at random at every tick.
import { groupBehind } from './docker-group.js'
import { restless, startForParent } from './restless.js'

const [nginxOptions = '{}', directory = '', size] = process.argv.slice(2)
const group = groupBehind(
  { options: JSON.parse(nginxOptions) },
  {
    group: 'killed',
    ...restless(directory, size),
  },
)
await startForParent(group)
