import { describe, expect, it } from 'vitest'
import { seatInstance, parseSeatId, type SeatSurroundings } from '../src/to-instance.js'
import { type Seat } from '../src/service/seats.js'
import type { SwarmNode, Task } from '../src/manager/swarm-api.js'
import { task } from './service/sample-tasks.js'

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
