import assert from 'node:assert/strict'
import type { InstanceChange } from '../../../backend.js'
import { started } from '../../common/assertions.js'
import { skipCase, type ContractCase } from '../../common/contract-case.js'
import type { BackendTrial } from '../backend-trial.js'

/** What `watch` promises. */
export const watchCases: readonly ContractCase<BackendTrial>[] = [
  {
    name: 'watch tells of a launch and of a terminate, in words',
    async prove(trial) {
      const watching = startWatch(trial)
      const launched = started(watching.next())
      const { id } = await trial.launch()
      assertChange(await trial.bounds.within('watch', launched, trial.bounds.eventuallyMs))
      const terminated = started(untilChangeOf(watching, id))
      await trial.terminate([id])
      await trial.bounds.within('watch', terminated, trial.bounds.eventuallyMs)
      watching.abort()
    },
  },
  {
    name: 'watch tells of a machine that stops by itself',
    async prove(trial) {
      const crash = trial.need('crash')
      const { id } = await trial.launch()
      await trial.running(id)
      const watching = startWatch(trial)
      const told = started(untilChangeOf(watching, id))
      await crash(id)
      await trial.bounds.within('watch', told, trial.bounds.eventuallyMs)
      watching.abort()
    },
  },
  {
    name: 'watch ends without an error when its signal aborts',
    async prove(trial) {
      const watching = startWatch(trial)
      const next = started(untilDone(watching))
      await trial.bounds.clock.sleep(1)
      watching.abort()
      await trial.bounds.within('watch after its abort', next, trial.bounds.abortMs)
    },
  },
  {
    name: 'watch whose signal had aborted before ends at once, without an error',
    async prove(trial) {
      const watching = startWatch(trial)
      watching.abort()
      await trial.bounds.within('watch', untilDone(watching), trial.bounds.abortMs)
    },
  },
]

interface Watching {
  next(): Promise<IteratorResult<InstanceChange>>
  abort(): void
}

function startWatch({ backend, group }: BackendTrial): Watching {
  if (!backend.supports.watch || backend.watch === undefined) return skipCase('supports.watch is false')
  const controller = new AbortController()
  const changes = backend.watch(group, { signal: controller.signal })[Symbol.asyncIterator]()
  return {
    next: async () => changes.next(),
    abort: () => controller.abort(new Error('the watcher has seen enough')),
  }
}

/** A change may come without an id: that hints at any machine. */
async function untilChangeOf(watching: Watching, id: string): Promise<void> {
  for (;;) {
    const { instanceId } = assertChange(await watching.next())
    if (instanceId === undefined || instanceId === id) return
  }
}

async function untilDone(watching: Watching): Promise<void> {
  for (;;) {
    if ((await watching.next()).done === true) return
  }
}

function assertChange(result: IteratorResult<InstanceChange>): InstanceChange {
  assert.ok(result.done !== true, 'watch ended, though its signal had not aborted')
  assert.notEqual(result.value.what.trim(), '', 'a change says what changed')
  return result.value
}
