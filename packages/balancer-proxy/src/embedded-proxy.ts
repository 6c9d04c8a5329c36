import type { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import {
  FlotillaError,
  type Address,
  type BalancerCheck,
  type BalancerMember,
  type CallOptions,
  type LoadBalancer,
  type Metrics,
  type MetricInfo,
  type Reading,
  type SampleRequest,
  type SyncReport,
} from '@flotilla/core'
import { checkMembers, hostCheck, untilAborted, withDeadline } from '@flotilla/core/authoring'
import type { HandlerSettings } from './http/handler-settings.js'
import { HttpHandler } from './http/http-handler.js'
import { Listener } from './listen/listener.js'
import { UpgradeHandler } from './http/upgrade-handler.js'
import { ClientConnections, type Crowded } from './clients/client-connections.js'
import { crowded, sendRawReply } from './http/reply.js'
import { RareWarnings } from './rare-warnings.js'
import type { Drain } from './members/drain.js'
import { MemberSet } from './members/member-set.js'
import { Router } from './members/router.js'
import { WaitingRoom } from './members/waiting-room.js'
import type { ProxySettings } from './options.js'
import { providedBy, readTraffic } from './traffic/readings.js'
import { Traffic } from './traffic/traffic.js'

/** A load balancer in this process, which is also a source of metrics: the same object is given as both. */
export interface Proxy extends LoadBalancer, Metrics {
  readonly name: string
  /** Where clients connect; undefined until it listens. */
  readonly address: Address | undefined
  /**
   * Listens now rather than at the first `sync`. Until there are members, requests get 503. May be called again.
   *
   * @throws FlotillaError `conflict` when the port is taken, `permission-denied` or `unavailable` when it cannot be had,
   * `closed` after `close()`
   */
  listen(): Promise<Address>
  /**
   * Takes no more connections, lets requests in flight end within `drainTimeoutMs`, then breaks off what is left.
   * Never rejects.
   */
  close(): Promise<void>
}

/** The last answers of connections that were cut get this long to reach their clients. */
const lastAnswersMs = 100
/** A connection to this very machine takes milliseconds; one that takes longer cannot be told. */
const checkTimeoutMs = 3000

/** The parts put together: clients → listener → handlers → router → members. */
export class EmbeddedProxy implements Proxy {
  readonly name: string
  readonly provides: readonly MetricInfo[]
  readonly #settings: ProxySettings
  readonly #traffic: Traffic
  readonly #members: MemberSet
  readonly #waitingRoom: WaitingRoom
  readonly #router: Router
  readonly #upgrades: UpgradeHandler
  readonly #listener: Listener
  readonly #connections: ClientConnections
  readonly #warnings: RareWarnings
  #closing: Promise<void> | undefined

  constructor(settings: ProxySettings) {
    const { clock, windowMs, queue, host, port, clientKeepAliveMs, headTimeoutMs, clientTimeoutMs } = settings
    const { maxConnections, maxConnectionsPerClient } = settings
    this.name = settings.name
    this.provides = providedBy(settings.whenMissing)
    this.#settings = settings
    this.#traffic = new Traffic(clock, windowMs)
    this.#members = new MemberSet(settings.algorithm, {
      ...settings,
      maxInFlight: settings.maxInFlightPerMember,
    })
    this.#waitingRoom = new WaitingRoom({ ...queue, clock })
    this.#router = new Router(this.#members, this.#waitingRoom)
    this.#warnings = new RareWarnings(settings.logger, clock)
    const bounds = { max: maxConnections, maxPerClient: maxConnectionsPerClient }
    this.#connections = new ClientConnections(bounds, () => this.#evicted())
    const handling: HandlerSettings = {
      ...settings,
      connections: this.#connections,
      warnings: this.#warnings,
      router: this.#router,
      traffic: this.#traffic,
      isClosing: () => this.#closing !== undefined,
    }
    const requests = new HttpHandler(handling)
    const upgrades = new UpgradeHandler(handling)
    this.#upgrades = upgrades
    this.#listener = new Listener({
      host,
      port,
      keepAliveMs: clientKeepAliveMs,
      headTimeoutMs,
      // Node looks twice before it takes a write for stalled, so that it takes up to double.
      stallTimeoutMs: Math.ceil(clientTimeoutMs / 2),
      connections: this.#connections,
      onCrowded: (socket, what) => this.#refuse(socket, what),
      onRequest: (request, response, expectsContinue) => requests.handle(request, response, expectsContinue),
      onWebSocket: (request, socket, head) => upgrades.handle(request, socket, head),
    })
  }

  get address(): Address | undefined {
    return this.#listener.address
  }

  async listen(): Promise<Address> {
    this.#refuseWhenClosed('listen')
    return this.#listener.listen()
  }

  async sync(members: readonly BalancerMember[], { signal }: CallOptions): Promise<SyncReport> {
    signal.throwIfAborted()
    this.#refuseWhenClosed('sync')
    const wanted = checkMembers(members, { host: hostCheck({ zones: true }) })
    // All wait for the same promise, so what they do then keeps their order.
    const removals = await untilAborted(async () => {
      await this.#listener.listen()
      signal.throwIfAborted()
      return this.#router.replace(wanted)
    }, signal)
    return untilAborted(() => reportOf(removals), signal)
  }

  async check({ signal }: CallOptions): Promise<BalancerCheck> {
    signal.throwIfAborted()
    this.#refuseWhenClosed('check')
    const deadline = {
      clock: this.#settings.clock,
      timeoutMs: checkTimeoutMs,
      what: `check ${this.name}`,
      signal,
    }
    return withDeadline(async (bounded) => this.#listener.check(bounded), deadline)
  }

  async sample(request: SampleRequest): Promise<readonly Reading[]> {
    request.signal.throwIfAborted()
    const sources = {
      traffic: this.#traffic,
      connectionCount: this.#connections.count,
      queueLength: this.#settings.queue.max > 0 ? this.#waitingRoom.length : undefined,
      windowMs: this.#settings.windowMs,
      memberTraffic: (id: string) => this.#members.find(id),
    }
    return readTraffic(sources, request)
  }

  async close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#listener.stopAccepting()
    this.#waitingRoom.clear()
    const { clock, drainTimeoutMs } = this.#settings
    const isIdle = new AbortController()
    const bound = clock.sleep(drainTimeoutMs, { signal: isIdle.signal }).catch(() => {})
    await Promise.race([this.#traffic.untilIdle(), bound])
    isIdle.abort()
    this.#members.cut()
    await Promise.race([this.#traffic.untilIdle(), pause(lastAnswersMs)])
    this.#upgrades.cut()
    this.#listener.closeAll()
  }

  /** A connection was closed that had brought no request for the longest, as there was no room for another. */
  #evicted(): void {
    this.#traffic.refused()
    const { maxConnections, maxConnectionsPerClient } = this.#settings
    this.#warnings.warn(
      'evicted',
      `connections without a request were closed to make room: all of ${maxConnections}, or ${maxConnectionsPerClient} of one client, are taken`,
    )
  }

  #refuse(socket: Socket, what: Crowded): void {
    this.#traffic.refused()
    const { maxConnections, maxConnectionsPerClient } = this.#settings
    const full =
      what === 'all'
        ? `all ${maxConnections} connections have a request under way (\`maxConnections\`)`
        : `client ${socket.remoteAddress} has ${maxConnectionsPerClient} requests under way (\`maxConnectionsPerClient\`)`
    this.#warnings.warn(what, `a connection was refused with 503: ${full}`)
    socket.on('error', () => socket.destroy())
    sendRawReply(socket, crowded)
  }

  #refuseWhenClosed(attempted: string): void {
    if (this.#closing !== undefined) throw new FlotillaError('closed', `${attempted}: ${this.name} is closed`)
  }
}

async function reportOf(removals: readonly Drain[]): Promise<SyncReport> {
  const report = { drained: [] as string[], cut: [] as string[], readmitted: [] as string[] }
  const outcomes = await Promise.all(removals.map(({ outcome }) => outcome))
  for (const [index, outcome] of outcomes.entries()) report[outcome].push(removals[index]?.memberId ?? '')
  return report
}
