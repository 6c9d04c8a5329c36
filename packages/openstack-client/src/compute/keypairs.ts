import { isNotFound } from '../openstack-error.js'
import { pages } from '../resources/pages.js'
import { path } from '../resources/path.js'
import { Fields } from '../resources/fields.js'
import type { CallOptions, ServiceContext } from '../session/request.js'
import { knownFrom } from './known-microversions.js'

/** A public key that servers can be given. */
export interface Keypair {
  readonly name: string
  readonly fingerprint: string | undefined
  readonly publicKey: string | undefined
  readonly type: string | undefined
}

/** Keys of the user. */
export class Keypairs {
  readonly #context: ServiceContext

  constructor(context: ServiceContext) {
    this.#context = context
  }

  /** Key pairs of the user. */
  list(options: CallOptions = {}): AsyncIterable<Keypair> {
    return pages(this.#context.calls, {
      service: 'compute',
      what: 'list keypairs',
      path: '/os-keypairs',
      key: 'keypairs',
      microversion: knownFrom(),
      read: (item) => readKeypair(item.fields('keypair')),
      ...options,
    })
  }

  /** Undefined when there is none of the name. */
  async find(name: string, options: CallOptions = {}): Promise<Keypair | undefined> {
    try {
      const call = { what: `get keypair ${name}`, method: 'GET', path: path`/os-keypairs/${name}` } as const
      const known = { expects: 'keypair', microversion: knownFrom() }
      const { body } = await this.#context.calls.request({ ...call, ...known, ...options })
      return readKeypair(Fields.of(body).fields('keypair'))
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }

  /** Imports a public key. @throws OpenStackError `conflict` when the name is taken */
  async create(
    spec: { readonly name: string; readonly publicKey: string },
    options: CallOptions = {},
  ): Promise<Keypair> {
    const { body } = await this.#context.calls.request({
      what: `create keypair ${spec.name}`,
      method: 'POST',
      path: '/os-keypairs',
      expects: 'keypair',
      microversion: knownFrom(),
      json: { keypair: { name: spec.name, public_key: spec.publicKey } },
      ...options,
    })
    return readKeypair(Fields.of(body).fields('keypair'))
  }

  /** @returns false when it was gone already */
  async delete(name: string, options: CallOptions = {}): Promise<boolean> {
    try {
      const call = {
        what: `delete keypair ${name}`,
        method: 'DELETE',
        path: path`/os-keypairs/${name}`,
      } as const
      await this.#context.calls.request({ ...call, microversion: knownFrom(), ...options })
      return true
    } catch (error) {
      if (isNotFound(error)) return false
      throw error
    }
  }
}

const readKeypair = (json: Fields): Keypair => ({
  name: json.text('name') ?? '',
  fingerprint: json.text('fingerprint'),
  publicKey: json.text('public_key'),
  type: json.text('type'),
})
