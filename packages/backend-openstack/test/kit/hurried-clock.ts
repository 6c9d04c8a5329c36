import { systemClock, type Clock } from '@flotilla/core'

const hurry = 10

/** Ten seconds in one. The fake answers at its own pace, to which the bounds are long all the same. */
export const hurriedClock: Clock = {
  now: () => Date.now(),
  monotonic: () => hurry * systemClock.monotonic(),
  sleep: (ms, options) => systemClock.sleep(ms / hurry, options),
}
