import { path } from '../resources/path.js'
import { Fields } from '../resources/fields.js'
import type { CallOptions, ServiceContext } from '../session/request.js'
import { readDiagnostics, type ServerDiagnostics } from './diagnostics.js'
import { knownFrom } from './known-microversions.js'
import { readAddresses } from './read-server.js'
import type { ServerAddress } from './server.js'

/** Something that was done to a server. */
export interface ServerAction {
  /** `create`, `stop`, `delete`, ... */
  readonly action: string
  readonly requestId: string
  readonly userId: string | undefined
  readonly startedAt: number | undefined
  /** `Error` when it failed. */
  readonly message: string | undefined
  /** Only for a single action, not in a list. */
  readonly events: readonly ServerActionEvent[]
}

/** A part of an action. */
export interface ServerActionEvent {
  readonly event: string
  /** `Success` or `Error`; undefined while it runs. */
  readonly result: string | undefined
  readonly startedAt: number | undefined
  readonly finishedAt: number | undefined
}

/** A network card of a server. */
export interface ServerInterface {
  readonly portId: string
  readonly networkId: string
  readonly macAddress: string | undefined
  readonly state: string | undefined
  readonly ipAddresses: readonly string[]
}

/** What can be seen of one server. */
export class ServerInsight {
  readonly #context: ServiceContext

  constructor(context: ServiceContext) {
    this.#context = context
  }

  /** Addresses by network, as Nova knows them. */
  async addresses(id: string, options?: CallOptions): Promise<readonly ServerAddress[]> {
    const body = await this.#read(
      `read addresses of server ${id}`,
      path`/servers/${id}/ips`,
      'addresses',
      options,
    )
    return readAddresses(body.fields('addresses'))
  }

  /** The ports of a server. */
  async interfaces(id: string, options?: CallOptions): Promise<readonly ServerInterface[]> {
    const body = await this.#read(
      `read interfaces of server ${id}`,
      path`/servers/${id}/os-interface`,
      'interfaceAttachments',
      options,
    )
    return body.list('interfaceAttachments').map((entry) => ({
      portId: entry.text('port_id') ?? '',
      networkId: entry.text('net_id') ?? '',
      macAddress: entry.text('mac_addr'),
      state: entry.text('port_state'),
      ipAddresses: entry.list('fixed_ips').map((ip) => ip.text('ip_address') ?? ''),
    }))
  }

  /** What was done to it, newest first; also for a server that is gone. */
  async actions(id: string, options?: CallOptions): Promise<readonly ServerAction[]> {
    const where = path`/servers/${id}/os-instance-actions`
    const body = await this.#read(`read actions of server ${id}`, where, 'instanceActions', options)
    return body.list('instanceActions').map(readAction)
  }

  /** One action with its parts. @param requestId - of the call that asked for it */
  async action(id: string, requestId: string, options?: CallOptions): Promise<ServerAction> {
    const where = path`/servers/${id}/os-instance-actions/${requestId}`
    const body = await this.#read(`read an action of server ${id}`, where, 'instanceAction', options)
    return readAction(body.fields('instanceAction'))
  }

  /**
   * The counters of its hypervisor. Each call goes to the server's host, which is expensive.
   *
   * @throws OpenStackError `forbidden` to all but admins, by default; `conflict` when it does not run
   */
  async diagnostics(id: string, options?: CallOptions): Promise<ServerDiagnostics> {
    const where = path`/servers/${id}/diagnostics`
    return readDiagnostics(await this.#read(`read diagnostics of server ${id}`, where, undefined, options))
  }

  /** What it wrote to its console. @param lines - the last so many. Default: all that the cloud keeps */
  async consoleLog(id: string, lines?: number, options?: CallOptions): Promise<string> {
    const { body } = await this.#context.calls.request({
      what: `read console of server ${id}`,
      method: 'POST',
      path: path`/servers/${id}/action`,
      microversion: knownFrom(),
      expects: 'output',
      json: { 'os-getConsoleOutput': lines === undefined ? {} : { length: lines } },
      repeatable: true,
      ...options,
    })
    return Fields.of(body).text('output') ?? ''
  }

  async #read(
    what: string,
    where: string,
    expects: string | undefined,
    options?: CallOptions,
  ): Promise<Fields> {
    const call = { what, method: 'GET', path: where, expects, microversion: knownFrom() } as const
    return Fields.of((await this.#context.calls.request({ ...call, ...options })).body)
  }
}

const readAction = (json: Fields): ServerAction => ({
  action: json.text('action') ?? '',
  requestId: json.text('request_id') ?? '',
  userId: json.text('user_id'),
  startedAt: json.time('start_time'),
  message: json.text('message'),
  events: json.list('events').map((event) => ({
    event: event.text('event') ?? '',
    result: event.text('result'),
    startedAt: event.time('start_time'),
    finishedAt: event.time('finish_time'),
  })),
})
