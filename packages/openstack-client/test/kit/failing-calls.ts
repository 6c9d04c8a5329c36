import { FakeCloud, type FakeAnswer, type Handler } from '../fake-cloud/fake-cloud.js'
import { open } from '../fake-cloud/open.js'
import { FakeClock } from './fake-clock.js'

export const limits = '/compute/v2.1/limits'
export const servers = '/compute/v2.1/servers'

/** What `fetch` throws when the connection fails. */
export const fault =
  (code: string): Handler =>
  () => {
    throw new TypeError('fetch failed', { cause: Object.assign(new Error(`connect ${code}`), { code }) })
  }

/** No answer at all. */
export const never: Handler = () => new Promise<FakeAnswer>(() => {})

/** A client on a fake cloud and a fake clock. */
export function setUp(options = {}) {
  const clock = new FakeClock()
  const fake = new FakeCloud().replay('GET', limits, 'limits').replay('POST', servers, 'server-create-202')
  fake.now = () => clock.now()
  const { cloud } = open(fake, { clock, random: () => 0.999, ...options })
  const create = (): Promise<unknown> => cloud.compute.servers.create({ name: 'a', flavorId: '1' })
  return { clock, fake, cloud, create }
}
