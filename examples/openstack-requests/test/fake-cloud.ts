import { OpenStackError, type Cloud } from '@flotilla/openstack-client'

type Thing = { id: string; name: string; projectId: string; [field: string]: unknown }

/** What may happen to one call: it never arrives, or it is done and its answer lost. */
export interface Fault {
  /** Which of the calls that change something, from 0. */
  readonly at: number
  readonly isDone: boolean
}

export const project = 'ours'

/** A project in memory: what golden.js asks of a cloud, at once done. */
export class FakeCloud {
  readonly things = new Map<string, Thing[]>()
  fault: Fault | undefined
  changeCount = 0
  #lastId = 0

  add(kind: string, name: string, fields: object = {}): Thing {
    const thing = { id: `${kind}-${++this.#lastId}`, name, projectId: project, ...fields }
    this.things.set(kind, [...this.all(kind), thing])
    return thing
  }

  all(kind: string): readonly Thing[] {
    return this.things.get(kind) ?? []
  }

  /** Every thing there is, as `kind name`. */
  names(): readonly string[] {
    return [...this.things.entries()].flatMap(([kind, list]) => list.map(({ name }) => `${kind} ${name}`))
  }

  get(kind: string, id: string): Thing {
    const found = this.all(kind).find((thing) => thing.id === id)
    if (found === undefined) throw new OpenStackError('not-found', `no ${kind} ${id}`)
    return found
  }

  remove(kind: string, id: string): boolean {
    const left = this.all(kind).filter((thing) => thing.id !== id)
    const isThere = left.length < this.all(kind).length
    this.things.set(kind, left)
    return isThere
  }

  /** Whatever is asked for, the next time or after some, may fail. */
  async change<T>(act: () => T): Promise<T> {
    const { fault } = this
    const isHit = this.changeCount++ === fault?.at
    if (isHit && !fault.isDone) throw new OpenStackError('unavailable', 'the call did not arrive')
    const value = act()
    if (isHit) throw new OpenStackError('unavailable', 'the answer was lost', { maybeDone: true })
    return value
  }

  collection(kind: string) {
    const list = async function* (this: FakeCloud, filter: Readonly<Record<string, unknown>> = {}) {
      const wanted = Object.entries(filter).filter(([, value]) => value !== undefined)
      yield* this.all(kind).filter((thing) =>
        wanted.every(
          ([field, value]) =>
            (field === 'external' ? thing['isExternal'] === true : (thing[field] ?? value)) === value,
        ),
      )
    }
    return {
      list: (filter: Readonly<Record<string, unknown>>) => list.call(this, filter),
      find: async (name: string) => this.all(kind).find((thing) => thing.name === name),
      create: (spec: { readonly name?: string }) => this.change(() => this.add(kind, spec.name ?? '', spec)),
      delete: (id: string) => this.change(() => this.remove(kind, id)),
    }
  }

  /** As `connect()` gives it, with the answers of servers at 127.0.0.1. */
  open(): Cloud {
    return {
      network: this.#network(),
      image: {
        ...this.collection('image'),
        waitUntilActive: async (id: string) => Object.assign(this.get('image', id), { status: 'active' }),
      },
      compute: { flavors: this.collection('flavor'), servers: this.#servers() },
    } as unknown as Cloud
  }

  #network() {
    const rules = (id: string) => this.all('rule').filter((rule) => rule['securityGroupId'] === id)
    const groups = this.collection('securityGroup')
    const networks = this.collection('network')
    const joined = (routerId: string, subnetId: string) => `${routerId} ${subnetId}`
    return {
      networks: {
        ...networks,
        delete: async (id: string) => {
          if (this.all('port').some(({ networkId }) => networkId === id)) {
            throw new OpenStackError('conflict', 'in use')
          }
          for (const subnet of this.all('subnet')) this.remove('subnet', subnet.id)
          return networks.delete(id)
        },
      },
      subnets: this.collection('subnet'),
      ports: this.collection('port'),
      floatingIps: {
        ...this.collection('floatingIp'),
        create: (spec: object) =>
          this.change(() => this.add('floatingIp', '', { ...spec, address: '127.0.0.1' })),
      },
      routers: {
        ...this.collection('router'),
        addSubnet: (id: string, subnetId: string) =>
          this.change(() => {
            const { networkId } = this.get('subnet', subnetId)
            this.add('port', joined(id, subnetId), { deviceId: id, networkId, fixedIps: [{ subnetId }] })
          }),
        removeSubnet: (id: string, subnetId: string) =>
          this.change(() => {
            const port = this.all('port').find(({ name }) => name === joined(id, subnetId))
            return port !== undefined && this.remove('port', port.id)
          }),
      },
      securityGroups: {
        ...groups,
        list: async function* (filter: Readonly<Record<string, unknown>>) {
          for await (const group of groups.list(filter)) yield { ...group, rules: rules(group.id) }
        },
        create: async (spec: { readonly name: string }) => ({
          ...(await groups.create(spec)),
          rules: [],
        }),
        delete: async (id: string) => {
          for (const rule of rules(id)) this.remove('rule', rule.id)
          return groups.delete(id)
        },
      },
      securityGroupRules: this.collection('rule'),
    }
  }

  #servers() {
    const set = (id: string, fields: object) => Object.assign(this.get('server', id), fields)
    const asWanted = async (id: string, status: string) => {
      const server = this.get('server', id)
      if (server['status'] !== status)
        throw new OpenStackError('timeout', `${id} is ${String(server['status'])}`)
      return { ...server }
    }
    return {
      list: () => this.collection('server').list({}),
      get: async (id: string) => ({ ...this.get('server', id) }),
      create: (spec: Readonly<Record<string, unknown>>) =>
        this.change(() => {
          const [{ networkId }] = spec['networks'] as [{ networkId: string }]
          const addresses = [{ address: '127.0.0.1', version: 4, kind: 'fixed' }]
          const server = this.add('server', String(spec['name']), { ...spec, status: 'ACTIVE', addresses })
          this.add('port', '', { deviceId: server.id, networkId, fixedIps: [] })
          return server
        }),
      start: (id: string) => this.change(() => set(id, { status: 'ACTIVE' })),
      stop: (id: string) => this.change(() => set(id, { status: 'SHUTOFF' })),
      delete: (id: string) =>
        this.change(() => {
          for (const port of this.all('port').filter(({ deviceId }) => deviceId === id))
            this.remove('port', port.id)
          return this.remove('server', id)
        }),
      waitFor: asWanted,
      waitUntilGone: async () => {},
      createImage: (_id: string, { name, metadata }: { name: string; metadata: object }) =>
        this.change(
          () => this.add('image', name, { status: 'saving', properties: metadata, ownerId: project }).id,
        ),
      metadata: {
        set: (id: string, metadata: object) =>
          this.change(() =>
            set(id, { metadata: { ...(this.get('server', id)['metadata'] as object), ...metadata } }),
          ),
      },
      insight: { consoleLog: async () => 'login:' },
    }
  }
}
