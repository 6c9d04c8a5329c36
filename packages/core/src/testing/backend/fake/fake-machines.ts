import type { LaunchRequest } from '../../../backend.js'
import type { Clock } from '../../../clock.js'
import type { Address, Instance, InstanceStatus } from '../../../model.js'
import { ChangeFeed } from './change-feed.js'

/** What a machine uses: `cpuRatio` of its own limit, and bytes. */
export interface FakeUse {
  readonly cpuRatio: number
  readonly memoryBytes: number
}

/** One machine of the table. `group` is undefined when it carries no label of ours. */
export interface FakeMachine {
  readonly id: string
  readonly group: string | undefined
  readonly token: string
  readonly templateHash: string | undefined
  readonly address: Address
  readonly createdAt: number
  /** When it is up and when it disappears by itself, on the clock's monotonic time. */
  readonly upAtMs: number
  readonly vanishAtMs: number
  /** Set when it is told to be in a state; else told from the time. */
  status: InstanceStatus | undefined
  statusReason: string | undefined
  impaired: string | undefined
  use: FakeUse | undefined
  /** What it has written so far. */
  output: string
  shown: Instance | undefined
}

/** How one machine is made. */
export interface FakeMachineSpec {
  readonly bootMs: number
  readonly templateHash?: string | undefined
  readonly vanishAfterMs?: number | undefined
}

/**
 * The machines of an in-memory backend: what goes on existing when a controller dies. Several backends may share one.
 * Looked up by group, by token and by id, each at a cost that does not grow with the number of groups.
 */
export class FakeMachines {
  readonly changes: ChangeFeed = new ChangeFeed()
  readonly #clock: Clock
  readonly #address: (serial: number) => Address
  readonly #byId = new Map<string, FakeMachine>()
  readonly #byGroup = new Map<string, Map<string, FakeMachine>>()
  readonly #byToken = new Map<string, FakeMachine>()
  /** Disks, by machine or by half-made machine. */
  readonly #disks = new Set<string>()
  #serial = 0

  constructor(clock: Clock, address: (serial: number) => Address = defaultAddress) {
    this.#clock = clock
    this.#address = address
  }

  /** Reserves an id and makes its disk: the first half of a launch. */
  begin(): string {
    this.#serial += 1
    const id = `fake-${this.#serial}`
    this.#disks.add(id)
    return id
  }

  /** Undoes `begin`. */
  abandon(id: string): void {
    this.#disks.delete(id)
  }

  /** Makes the machine itself: the second half of a launch. */
  add(id: string, request: Partial<LaunchRequest>, spec: FakeMachineSpec): FakeMachine {
    const monotonicMs = this.#clock.monotonic()
    const machine: FakeMachine = {
      id,
      group: request.group,
      token: request.token ?? id,
      templateHash: spec.templateHash,
      address: this.#address(Number(id.slice('fake-'.length))),
      createdAt: this.#clock.now(),
      upAtMs: monotonicMs + spec.bootMs,
      vanishAtMs: monotonicMs + (spec.vanishAfterMs ?? Infinity),
      status: undefined,
      statusReason: undefined,
      impaired: undefined,
      use: undefined,
      output: '',
      shown: undefined,
    }
    this.#byId.set(id, machine)
    if (machine.group === undefined) return machine
    const group = this.#byGroup.get(machine.group)
    if (group === undefined) this.#byGroup.set(machine.group, new Map([[id, machine]]))
    else group.set(id, machine)
    this.#byToken.set(tokenKey(machine.group, machine.token), machine)
    this.changes.publish(machine.group, { instanceId: id, what: 'launched' })
    return machine
  }

  /** A machine by its id. */
  get(id: string): FakeMachine | undefined {
    return this.#existing(this.#byId.get(id))
  }

  /** A machine by its group and token. */
  byToken(group: string, token: string): FakeMachine | undefined {
    return this.#existing(this.#byToken.get(tokenKey(group, token)))
  }

  /** The machines of one group as the backend shows them. */
  show(group: string): readonly Instance[] {
    const shown: Instance[] = []
    for (const machine of this.#byGroup.get(group)?.values() ?? []) {
      if (this.#existing(machine) !== undefined) shown.push(this.showOne(machine))
    }
    return shown
  }

  /** The same object as long as nothing changed: a list of an idle group makes none. */
  showOne(machine: FakeMachine): Instance {
    const status = machine.status ?? (this.#clock.monotonic() >= machine.upAtMs ? 'running' : 'pending')
    const { shown } = machine
    if (
      shown?.status === status &&
      shown.statusReason === machine.statusReason &&
      shown.impaired === machine.impaired
    )
      return shown
    const { id, token, createdAt, statusReason, impaired, templateHash, group = '' } = machine
    machine.shown = Object.freeze({
      id,
      group,
      token,
      name: `${group}-${token}`,
      status,
      statusReason,
      impaired,
      address: status === 'pending' ? undefined : machine.address,
      createdAt,
      templateHash,
    })
    return machine.shown
  }

  /** Puts a machine in a state, whatever the time says. */
  setStatus(id: string, status: InstanceStatus, reason: string | undefined): void {
    const machine = this.get(id)
    if (machine === undefined) throw new Error(`no machine ${id}`)
    machine.status = status
    machine.statusReason = reason
    if (machine.group === undefined) return
    this.changes.publish(machine.group, { instanceId: id, what: `${status}: ${reason ?? 'no reason given'}` })
  }

  /** What the platform says against a machine that runs; undefined for nothing. */
  setImpaired(id: string, reason: string | undefined): void {
    const machine = this.get(id)
    if (machine === undefined) throw new Error(`no machine ${id}`)
    machine.impaired = reason
    if (machine.group === undefined) return
    this.changes.publish(machine.group, { instanceId: id, what: reason ?? 'healthy' })
  }

  /** Sets what a machine uses. */
  setUse(id: string, use: FakeUse): void {
    const machine = this.get(id)
    if (machine === undefined) throw new Error(`no machine ${id}`)
    machine.use = use
  }

  /** Takes a machine away with all that was made for it. Does nothing when it is gone. */
  remove(id: string): void {
    const machine = this.#byId.get(id)
    this.#disks.delete(id)
    if (machine === undefined) return
    this.#byId.delete(id)
    if (machine.group === undefined) return
    const group = this.#byGroup.get(machine.group)
    group?.delete(id)
    if (group?.size === 0) this.#byGroup.delete(machine.group)
    const key = tokenKey(machine.group, machine.token)
    if (this.#byToken.get(key) === machine) this.#byToken.delete(key)
    this.changes.publish(machine.group, { instanceId: id, what: 'gone' })
  }

  /** Disks without a machine. */
  leftovers(): readonly string[] {
    return [...this.#disks].filter((id) => this.get(id) === undefined).map((id) => `disk of ${id}`)
  }

  #existing(machine: FakeMachine | undefined): FakeMachine | undefined {
    if (machine === undefined || this.#clock.monotonic() < machine.vanishAtMs) return machine
    this.remove(machine.id)
    return undefined
  }
}

function tokenKey(group: string, token: string): string {
  return `${group}/${token}`
}

/** 10.x.y.z, one for each machine. */
function defaultAddress(serial: number): Address {
  return { host: `10.${(serial >> 16) & 255}.${(serial >> 8) & 255}.${serial & 255}`, port: 8080 }
}
