import type { Clock, Instance, InstanceChange } from '@flotilla/core'
import type { ChangeFeed } from './change-feed.js'

/** What a watch looks at. */
export interface WatchRequest {
  readonly group: string
  readonly feed: ChangeFeed
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly list: (signal: AbortSignal) => Promise<readonly Instance[]>
}

const defaults = {
  /** How often to look for what nobody tells us of: instances of an earlier controller, and those of others. */
  pollMs: 1_000,
  /** A reader that does not keep up loses the oldest: they are hints, and one is enough to list again. */
  longestQueueCount: 1_000,
}

/** Changes of a group until the signal aborts. Own children are told of at once, others when the next look finds them. */
export function watchGroup(request: WatchRequest): AsyncIterable<InstanceChange> {
  const { group, feed, signal } = request
  const queue: InstanceChange[] = []
  let wake: (() => void) | undefined
  // From now, not from the first read on: what happens in between must not be lost.
  const stop = feed.listen((changedGroup, change) => {
    if (changedGroup !== group) return
    if (queue.length >= defaults.longestQueueCount) queue.shift()
    queue.push(change)
    wake?.()
  })
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  const woken = async (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve
    })
  return changes(request, queue, woken, stop)
}

async function* changes(
  { clock, signal, list }: WatchRequest,
  queue: InstanceChange[],
  woken: () => Promise<void>,
  stop: () => void,
): AsyncGenerator<InstanceChange, void, void> {
  let known: ReadonlyMap<string, string> | undefined
  /** Told of by the feed since the last look, which need not tell again. */
  const told = new Set<string | undefined>()
  let nextLookAt = clock.monotonic()
  try {
    while (!signal.aborted) {
      for (let change = queue.shift(); change !== undefined; change = queue.shift()) {
        told.add(change.instanceId)
        yield change
      }
      if (clock.monotonic() >= nextLookAt) {
        const seen = await look(list, signal)
        if (known !== undefined && seen !== undefined) {
          queue.push(...differences(known, seen).filter(({ instanceId }) => !told.has(instanceId)))
        }
        known = seen ?? known
        told.clear()
        nextLookAt = clock.monotonic() + defaults.pollMs
      }
      if (queue.length > 0) continue
      await pause(clock, nextLookAt - clock.monotonic(), { woken: woken(), signal })
    }
  } finally {
    stop()
  }
}

/** Undefined when it could not be told: the one who lists for a living will be told why. */
async function look(
  list: WatchRequest['list'],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string> | undefined> {
  try {
    const instances = await list(signal)
    return new Map(instances.map(({ id, status, statusReason }) => [id, statusReason ?? status]))
  } catch {
    return undefined
  }
}

/** What changed between two looks, in words. */
export function differences(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): readonly InstanceChange[] {
  const changed = [...after].filter(([id, what]) => before.get(id) !== what)
  const gone = [...before.keys()].filter((id) => !after.has(id))
  return [
    ...changed.map(([instanceId, what]) => ({ instanceId, what })),
    ...gone.map((instanceId) => ({ instanceId, what: 'gone' })),
  ]
}

/** Ends after `ms`, when woken, or when the signal aborts, whichever comes first; never rejects. */
async function pause(
  clock: Clock,
  ms: number,
  { woken, signal }: { readonly woken: Promise<void>; readonly signal: AbortSignal },
): Promise<void> {
  const over = new AbortController()
  try {
    const sleep = clock.sleep(Math.max(0, ms), { signal: AbortSignal.any([signal, over.signal]) })
    await Promise.race([sleep.catch(() => {}), woken])
  } finally {
    over.abort()
  }
}
