import { findOne, type Named } from './find-one.js'
import { isNotFound } from '../openstack-error.js'
import { pages } from './pages.js'
import { path } from './path.js'
import type { CallOptions, QueryValue, ServiceContext } from '../session/request.js'
import { Fields } from './fields.js'
import { snakeCase, snakeCaseBody } from './snake-case.js'

/** What every listing of Neutron and Octavia takes beside its filters. */
export interface PageOptions {
  /** Things of one page. Default: the service's own. */
  readonly pageSize?: number | undefined
}

/** The names of one kind of thing. */
export interface Kind<T> {
  /** For messages: `security group`. */
  readonly label: string
  /** Key of a single thing: `security_group`. */
  readonly one: string
  /** Key of a list: `security_groups`. */
  readonly many: string
  /** Below the API. */
  readonly path: string
  /** The thing out of the JSON of its service. */
  readonly read: (json: Fields) => T
  /** Names of filters and fields that are not snake case of ours. */
  readonly renamed?: Readonly<Record<string, string>> | undefined
}

/** Things of one kind. Neutron and Octavia treat all kinds alike. */
export class Collection<T extends Named, Filter extends object, Spec extends object, Changes extends object> {
  readonly #context: ServiceContext
  readonly #kind: Kind<T>

  constructor(context: ServiceContext, kind: Kind<T>) {
    this.#context = context
    this.#kind = kind
  }

  /** Lists page by page. A filter with several values matches things with one of them. */
  list(
    filter: Filter & PageOptions = {} as Filter & PageOptions,
    options: CallOptions = {},
  ): AsyncIterable<T> {
    const { many, path: where, read } = this.#kind
    const what = `list ${this.#kind.label}s`
    const { service, calls } = this.#context
    return pages(calls, {
      service,
      what,
      path: where,
      query: this.#query(filter),
      key: many,
      read,
      ...options,
    })
  }

  /** @throws OpenStackError `not-found` */
  async get(id: string, options: CallOptions = {}): Promise<T> {
    const { label, path: where } = this.#kind
    const call = { what: `get ${label} ${id}`, method: 'GET', path: where + path`/${id}` } as const
    const { body } = await this.#context.calls.request({ ...call, expects: this.#kind.one, ...options })
    return this.#one(body)
  }

  /** By id, else by name; undefined when there is none. @throws OpenStackError `ambiguous` */
  find(nameOrId: string, options: CallOptions = {}): Promise<T | undefined> {
    const named = (name: string): AsyncIterable<T> => this.list({ name } as unknown as Filter, options)
    const get = (id: string): Promise<T> => this.get(id, options)
    return findOne({ service: this.#context.service, kind: this.#kind.label, nameOrId, get, named })
  }

  /** Never sent again where the first call may have been done. */
  async create(spec: Spec, options: CallOptions = {}): Promise<T> {
    const { label, path: where } = this.#kind
    const call = { what: `create ${label}`, method: 'POST', path: where, json: this.#body(spec) } as const
    const { body } = await this.#context.calls.request({ ...call, expects: this.#kind.one, ...options })
    return this.#one(body)
  }

  /** A field that is left out keeps its value. */
  async update(id: string, changes: Changes, options: CallOptions = {}): Promise<T> {
    const { label, path: where } = this.#kind
    const what = `update ${label} ${id}`
    const call = { what, method: 'PUT', path: where + path`/${id}`, json: this.#body(changes) } as const
    const { body } = await this.#context.calls.request({ ...call, expects: this.#kind.one, ...options })
    return this.#one(body)
  }

  /** @returns false when it was gone already */
  async delete(id: string, options: CallOptions = {}): Promise<boolean> {
    const { label, path: where } = this.#kind
    try {
      const call = { what: `delete ${label} ${id}`, method: 'DELETE', path: where + path`/${id}` } as const
      await this.#context.calls.request({ ...call, ...options })
      return true
    } catch (error) {
      if (isNotFound(error)) return false
      throw error
    }
  }

  #one(body: unknown): T {
    return this.#kind.read(Fields.of(body).fields(this.#kind.one))
  }

  #body(spec: object): unknown {
    const renamed = Object.entries(spec).map(([name, value]) => [this.#nameOf(name), snakeCaseBody(value)])
    return { [this.#kind.one]: Object.fromEntries(renamed) }
  }

  #query({ pageSize, ...filter }: Filter & PageOptions): Readonly<Record<string, QueryValue>> {
    const entries = Object.entries(filter as Readonly<Record<string, QueryValue>>)
    const named = entries.map(([name, value]) => {
      // Tags must all match; other filters with several values match one of them.
      const isTags = name === 'tags' && Array.isArray(value)
      return [this.#nameOf(name), isTags ? value.join(',') : value]
    })
    return { ...Object.fromEntries(named), limit: pageSize }
  }

  #nameOf(name: string): string {
    return this.#kind.renamed?.[name] ?? snakeCase(name)
  }
}
