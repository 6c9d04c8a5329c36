import { FakeClock, inFakeTime, testBackend } from '@flotilla/core/testing'
import { describe, it } from 'vitest'
import { fakeKvmKit } from './kvm-kit.js'

const clock = new FakeClock()
const runner = inFakeTime({ describe, it }, clock)

testBackend(runner, 'kvm', fakeKvmKit({ clock }))
testBackend(
  runner,
  'kvm with DHCP host entries, disks and a console log',
  fakeKvmKit({
    clock,
    options: {
      address: { from: '192.168.122.200', to: '192.168.122.250' },
      disks: [{ sizeMib: 10 }],
      consoleLog: true,
    },
  }),
)
