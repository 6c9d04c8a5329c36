import { describe, expect, it } from 'vitest'
import { seatInstance, parseSeatId, type SeatSurroundings } from '../../src/to-instance.js'
import { seatsOf, type Seat } from '../../src/service/seats.js'
import { isEnding, slotStatus, slotsOf, type Slot } from '../../src/service/slots.js'
import type { ServiceSpec, SwarmNode, Task } from '../../src/manager/swarm-api.js'

const task = (slot: number, state = 'running', more: Partial<Task> = {}): Task => ({
  ID: `task-${slot}-${state}`,
  CreatedAt: '2026-11-21T22:00:00Z',
  ServiceID: 's',
  Slot: slot,
  NodeID: 'n1',
  DesiredState: 'running',
  Status: { State: state },
  Spec: {},
  ...more,
})

const spec = (replicas: number, ...tokens: readonly string[]): ServiceSpec => ({
  Name: 'web',
  Labels: Object.fromEntries(tokens.map((token, index) => [`flotilla.token.${token}`, String(1000 + index)])),
  Mode: { Replicated: { Replicas: replicas } },
})

const slots = (...numbers: readonly number[]): readonly Slot[] =>
  slotsOf(
    numbers.map((number) => task(number)),
    spec(0),
  )

const placed = (seats: readonly Seat[]): readonly string[] =>
  seats.map(({ token, slot, isCutOff }) => `${token}:${isCutOff ? 'cut off' : (slot?.number ?? 'none')}`)

describe('the seats of a service', () => {
  const table: readonly (readonly [
    name: string,
    spec: ServiceSpec,
    slots: readonly Slot[],
    before: object,
    seats: readonly string[],
  ])[] = [
    [
      'are taken in the order of the tokens, lowest place first',
      spec(2, 'a', 'b'),
      slots(1, 2),
      {},
      ['a:1', 'b:2'],
    ],
    ['are kept while they are there', spec(2, 'a', 'b'), slots(1, 2), { a: 2, b: 1 }, ['a:2', 'b:1']],
    ['are changed when they are gone', spec(2, 'b', 'c'), slots(1, 3), { b: 2, c: 3 }, ['b:1', 'c:3']],
    ['are waited for', spec(3, 'a', 'b', 'c'), slots(1), {}, ['a:1', 'b:none', 'c:none']],
    [
      'are cut off, the newest first, when somebody scales down',
      spec(1, 'a', 'b', 'c'),
      slots(1),
      {},
      ['a:1', 'b:cut off', 'c:cut off'],
    ],
    ['are not cut off while their tasks are there', spec(1, 'a', 'b'), slots(1, 2), {}, ['a:1', 'b:2']],
    [
      'left over have a token told from their number',
      spec(3, 'a'),
      slots(1, 2, 5),
      { a: 2 },
      ['a:2', 'slot-1:1', 'slot-5:5'],
    ],
    [
      'left over keep it once it is asked for',
      spec(3, 'slot-1', 'slot-5', 'a'),
      slots(1, 2, 5),
      {},
      ['slot-1:1', 'slot-5:5', 'a:2'],
    ],
    ['of a service at none are none', spec(0), slots(), {}, []],
    ['on their way out are none', spec(1, 'a'), slots(1, 2), { a: 1 }, ['a:1']],
  ]
  for (const [name, given, places, before, expected] of table) {
    it(`that ${name}`, () => {
      expect(placed(seatsOf(given, places, new Map(Object.entries(before))))).toEqual(expected)
    })
  }
})

describe('the places of a service', () => {
  it('count each with the task that shall run, or else the newest', () => {
    const tasks = [
      task(1, 'failed', { DesiredState: 'shutdown', CreatedAt: '2026-11-21T22:00:01Z' }),
      task(1, 'running', { CreatedAt: '2026-11-21T22:00:00Z' }),
      task(2, 'failed', { DesiredState: 'shutdown', CreatedAt: '2026-11-21T22:00:00Z' }),
      task(2, 'rejected', { DesiredState: 'shutdown', CreatedAt: '2026-11-21T22:00:05Z' }),
      task(3, 'running', { DesiredState: 'remove' }),
    ]
    const none = { ...spec(3), TaskTemplate: { RestartPolicy: { Condition: 'none' } } }
    expect(slotsOf(tasks, none).map(({ number, task: { Status } }) => `${number} ${Status.State}`)).toEqual([
      '1 running',
      '2 rejected',
    ])
  })
})

describe('a place whose only task has ended', () => {
  const table: readonly (readonly [policy: object | undefined, state: string, counts: boolean])[] = [
    [undefined, 'failed', false],
    [{ Condition: 'any' }, 'failed', false],
    [{ Condition: 'any', MaxAttempts: 3 }, 'failed', true],
    [{ Condition: 'none' }, 'failed', true],
    [{ Condition: 'none' }, 'complete', true],
    [{ Condition: 'on-failure' }, 'failed', false],
    [{ Condition: 'on-failure' }, 'complete', true],
  ]
  for (const [RestartPolicy, state, counts] of table) {
    it(`${counts ? 'counts' : 'is history'} when it ${state} with ${JSON.stringify(RestartPolicy)}`, () => {
      const given = { ...spec(1), TaskTemplate: { RestartPolicy } }
      expect(slotsOf([task(1, state, { DesiredState: 'shutdown' })], given)).toHaveLength(counts ? 1 : 0)
    })
  }
})

describe('the status of a task', () => {
  const table: readonly (readonly [
    state: string,
    error: string | undefined,
    status: string,
    reason: string | undefined,
  ])[] = [
    ['new', undefined, 'pending', undefined],
    [
      'pending',
      'no suitable node (insufficient resources on 2 nodes)',
      'pending',
      'no suitable node (insufficient resources on 2 nodes)',
    ],
    ['preparing', undefined, 'pending', undefined],
    ['starting', undefined, 'pending', undefined],
    ['running', undefined, 'running', undefined],
    ['complete', undefined, 'stopped', 'exited with code 0'],
    ['failed', 'task: non-zero exit (137)', 'stopped', 'task: non-zero exit (137)'],
    ['shutdown', undefined, 'stopped', 'exited with code 0'],
    ['rejected', 'No such image: nosuch:1', 'failed', 'rejected: No such image: nosuch:1'],
    ['orphaned', undefined, 'failed', 'orphaned'],
    ['dreaming', undefined, 'unknown', 'Swarm calls it dreaming'],
  ]
  for (const [State, Err, status, statusReason] of table) {
    it(`${State} is ${status}`, () => {
      const found = slotStatus({
        task: task(1, State, { Status: { State, Err, ContainerStatus: { ExitCode: 0 } } }),
      })
      expect(found).toEqual({ status, statusReason })
    })
  }

  it('that follows one that failed says why that did', () => {
    const tasks = [
      task(1, 'rejected', {
        DesiredState: 'shutdown',
        Status: { State: 'rejected', Err: 'No such image: x:1' },
      }),
      task(1, 'ready', { DesiredState: 'ready', CreatedAt: '2026-11-21T22:00:09Z' }),
    ]
    const [slot] = slotsOf(tasks, spec(1))
    expect(slot === undefined ? undefined : slotStatus(slot)).toEqual({
      status: 'pending',
      statusReason: 'after No such image: x:1',
    })
  })

  it('running and told to end is stopping, until it has ended', () => {
    const leaving = task(1, 'running', { DesiredState: 'shutdown' })
    expect(slotStatus({ task: leaving }).status).toBe('stopping')
    expect(isEnding(leaving)).toBe(true)
    expect(isEnding(task(1, 'shutdown', { DesiredState: 'shutdown' }))).toBe(false)
    expect(isEnding(task(1))).toBe(false)
  })
})

describe('an instance of a service', () => {
  const node = (id: string, status: string, manager?: string): [string, SwarmNode] => [
    id,
    {
      ID: id,
      Description: { Hostname: `host-${id}` },
      Status: { Addr: status },
      ...(manager === undefined ? {} : { ManagerStatus: { Addr: manager } }),
    },
  ]
  const surroundings: SeatSurroundings = {
    group: 'web',
    serviceName: 'web',
    templateHash: 'new',
    settings: { port: 8080, network: undefined, address: 'published' },
    nodes: new Map([node('n1', '10.77.0.2'), node('n2', '0.0.0.0', '10.77.0.1:2377')]),
  }
  const Ports = [{ Protocol: 'tcp', TargetPort: 8080, PublishedPort: 32_768, PublishMode: 'host' }]
  const running = (NodeID: string): Task =>
    task(3, 'running', {
      NodeID,
      Status: { State: 'running', PortStatus: { Ports } },
      Spec: { ContainerSpec: { Labels: { 'flotilla.template': 'old' } } },
      NetworksAttachments: [
        { Network: { Spec: { Name: 'ingress' } }, Addresses: ['10.0.0.9/24'] },
        { Network: { Spec: { Name: 'net' } }, Addresses: ['10.0.1.3/24'] },
      ],
    })
  const seat = (of: Task | undefined): Seat => ({
    token: 't1',
    createdAt: 1000,
    isCutOff: false,
    slot: of === undefined ? undefined : { number: 3, task: of },
  })

  it('says its node, the port published there, and the template of its own task', () => {
    expect(seatInstance(seat(running('n1')), surroundings)).toEqual({
      id: 'web.t1',
      group: 'web',
      token: 't1',
      name: 'web.3',
      status: 'running',
      address: { host: '10.77.0.2', port: 32_768 },
      createdAt: 1000,
      zone: 'host-n1',
      templateHash: 'old',
    })
  })

  it('has the address of a manager that listens everywhere', () => {
    expect(seatInstance(seat(running('n2')), surroundings).address?.host).toBe('10.77.0.1')
  })

  it('has its address in the network that was named', () => {
    const settings = { port: 8080, network: 'net', address: 'ip' } as const
    expect(seatInstance(seat(running('n1')), { ...surroundings, settings }).address).toEqual({
      host: '10.0.1.3',
      port: 8080,
    })
  })

  it('without a task is pending, with the template that is asked for', () => {
    expect(seatInstance(seat(undefined), surroundings)).toMatchObject({
      status: 'pending',
      templateHash: 'new',
    })
    expect(seatInstance({ ...seat(undefined), isCutOff: true }, surroundings)).toMatchObject({
      status: 'failed',
      statusReason: 'somebody scaled the service down',
    })
  })

  it('has an id that can be taken apart, and nothing else can', () => {
    expect(parseSeatId('web.t1')).toEqual({ group: 'web', token: 't1' })
    expect(['web', 'web.', '.t', 'a.b.c', '../x', 'Web.t', 'web/x.t'].map(parseSeatId)).toEqual(
      Array(7).fill(undefined),
    )
  })
})
