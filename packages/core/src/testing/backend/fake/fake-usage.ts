import type { Reading } from '../../../metrics/metrics.js'
import type { Instance } from '../../../model.js'
import type { UsageFault } from './backend-faults.js'
import type { FakeMachines, FakeUse } from './fake-machines.js'

/** What the use of fake machines is read from. */
export interface FakeUsage {
  readonly machines: FakeMachines
  readonly fault: UsageFault | undefined
  readonly at: number
  readonly use: FakeUse | ((instance: Instance) => FakeUse)
}

/** The readings of every instance: `cpu` and `memory`, present while the machine runs. */
export function readUse(instances: readonly Instance[], usage: FakeUsage): readonly Reading[] {
  const { fault } = usage
  return instances.flatMap((instance): readonly Reading[] => {
    const isHit =
      (fault?.kind === 'absent' || fault?.kind === 'left-out') && (fault.ids?.includes(instance.id) ?? true)
    if (isHit && fault.kind === 'left-out') return []
    return readOne(instance, usage, isHit)
  })
}

function readOne(
  instance: Instance,
  { machines, fault, at, use }: FakeUsage,
  isUnreadable: boolean,
): readonly Reading[] {
  const cpu = { name: 'cpu', unit: 'ratio', instanceId: instance.id, at } as const
  const memory = { name: 'memory', unit: 'bytes', instanceId: instance.id, at } as const
  const reason = isUnreadable ? 'the vendor has no figures for it' : whyUnread(instance.id, machines)
  if (reason !== undefined) {
    return [
      { kind: 'absent', ...cpu, reason },
      { kind: 'absent', ...memory, reason },
    ]
  }
  const known = machines.get(instance.id)?.use ?? (typeof use === 'function' ? use(instance) : use)
  const nonsense = fault?.kind === 'nonsense' ? { value: fault.value as number } : undefined
  return [
    { kind: 'value', ...cpu, value: known.cpuRatio, ...nonsense },
    { kind: 'value', ...memory, value: known.memoryBytes, ...nonsense },
  ]
}

function whyUnread(id: string, machines: FakeMachines): string | undefined {
  const machine = machines.get(id)
  if (machine === undefined) return `${id} is gone`
  const { status } = machines.showOne(machine)
  return status === 'running' ? undefined : `${id} is ${status}`
}
