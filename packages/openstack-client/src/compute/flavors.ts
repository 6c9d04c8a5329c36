import { findOne } from '../resources/find-one.js'
import { pages } from '../resources/pages.js'
import { path } from '../resources/path.js'
import { Fields } from '../resources/fields.js'
import type { CallOptions, ServiceContext } from '../session/request.js'
import { knownFrom } from './known-microversions.js'

/** A size of server. */
export interface Flavor {
  readonly id: string
  readonly name: string
  readonly vcpuCount: number
  readonly ramMib: number
  readonly diskGib: number
  readonly ephemeralGib: number
  readonly swapMib: number
  readonly isPublic: boolean | undefined
  readonly isDisabled: boolean | undefined
  /** Undefined below microversion 2.61, or where the user may not see them. */
  readonly extraSpecs: Readonly<Record<string, string>> | undefined
}

/** Sizes that servers come in. */
export class Flavors {
  readonly #context: ServiceContext

  constructor(context: ServiceContext) {
    this.#context = context
  }

  /** Flavors that the project may use. */
  list(options: CallOptions = {}): AsyncIterable<Flavor> {
    return pages(this.#context.calls, {
      service: 'compute',
      what: 'list flavors',
      path: '/flavors/detail',
      key: 'flavors',
      microversion: knownFrom(),
      read: readFlavor,
      ...options,
    })
  }

  /** @throws OpenStackError `not-found` */
  async get(id: string, options: CallOptions = {}): Promise<Flavor> {
    const call = { what: `get flavor ${id}`, method: 'GET', path: path`/flavors/${id}` } as const
    const { body } = await this.#context.calls.request({
      ...call,
      expects: 'flavor',
      microversion: knownFrom(),
      ...options,
    })
    return readFlavor(Fields.of(body).fields('flavor'))
  }

  /** By id, else by name; undefined when there is none. One listing: ids of flavours are of any form. */
  find(nameOrId: string, options: CallOptions = {}): Promise<Flavor | undefined> {
    const named = (): AsyncIterable<Flavor> => this.list(options)
    return findOne({ service: 'compute', kind: 'flavor', nameOrId, named })
  }
}

const readFlavor = (json: Fields): Flavor => ({
  id: json.text('id') ?? '',
  name: json.text('name') ?? '',
  vcpuCount: json.number('vcpus') ?? 0,
  ramMib: json.number('ram') ?? 0,
  diskGib: json.number('disk') ?? 0,
  ephemeralGib: json.number('OS-FLV-EXT-DATA:ephemeral') ?? 0,
  // Nova writes none as an empty text before 2.75.
  swapMib: json.number('swap') ?? 0,
  isPublic: json.flag('os-flavor-access:is_public'),
  isDisabled: json.flag('OS-FLV-DISABLED:disabled'),
  extraSpecs: json.raw['extra_specs'] === undefined ? undefined : json.textMap('extra_specs'),
})
