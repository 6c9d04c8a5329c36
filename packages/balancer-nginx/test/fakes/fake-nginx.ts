import {
  createServer,
  request as ask,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { FlotillaError, type Address, type CallOptions } from '@flotilla/core'
import { untilAborted } from '@flotilla/core/authoring'
import { setTimeout as sleep } from 'node:timers/promises'
import { installationFrom } from '../../src/setup/installation.js'
import { parseConfig, type ConfigNode } from '../../src/setup/config-tree.js'
import type { Look, NginxApi, NginxWorker, TestVerdict } from '../../src/nginx-api.js'
import type { StatusPage } from '../../src/status/status-page.js'
import type { StubStatus } from '../../src/status/stub-status.js'

/** The calls that a fault can be armed for. */
export type FakeCall = 'look' | 'write' | 'test' | 'reload' | 'workers' | 'stillRunning'

export interface FakeNginxOptions {
  /** How long the master takes to load a configuration, milliseconds; default 5. */
  readonly reloadMs?: number | undefined
  /** worker_shutdown_timeout, milliseconds; left out, leaving workers wait for ever. */
  readonly workerShutdownMs?: number | undefined
}

/** One configuration in force, with the worker that has it. */
interface Generation {
  readonly worker: string
  readonly name: string
  readonly targets: readonly { readonly address: Address; readonly weight: number }[]
  readonly answers503: boolean
  isLeaving: boolean
  next: number
  readonly inFlight: Set<{ readonly target: string; readonly response: ServerResponse }>
}

/**
 * Nginx as far as our balancer sees it: a file, a verdict on it, a master that loads it after a while, workers that leave
 * when their last request has ended. It really passes requests on, from a front on the loopback.
 */
export class FakeNginx implements NginxApi, StatusPage {
  readonly where: string = 'a fake nginx'
  readonly configFile = '/fake/backend.conf'
  ownRequestCount = 0
  /** What was called, in order; `write` with its text. */
  readonly calls: string[] = []
  file: string | undefined
  /** Set to make the next such call fail; it is taken off by then. */
  readonly faults: Partial<Record<FakeCall, FlotillaError>> = {}
  /** What `nginx -t` says next, in place of its own verdict. */
  refusal: string | undefined
  /** A master that is told, and then refuses or is stuck. */
  ignoresReload = false
  errorLog = ''
  upgrade: Look['upgrade']
  /** Of the machine that it runs on. */
  life = 'first'
  /** Whether its main configuration reads our file. */
  isIncluded = true
  /** It cannot be looked at any more. */
  isMute = false
  /** Another file that it reads before ours. */
  theirs = ''
  counters: () => Promise<StubStatus>
  readonly #options: FakeNginxOptions
  readonly #front: Server
  #generations: Generation[] = []
  #workerCount = 0

  constructor(options: FakeNginxOptions = {}) {
    this.#options = options
    this.#front = createServer((incoming, response) => this.#serve(incoming, response))
    this.counters = async () => {
      throw new FlotillaError('unavailable', 'the fake counts nothing')
    }
    this.#load('')
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#front.listen(0, '127.0.0.1', resolve))
    return (this.#front.address() as AddressInfo).port
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#front.close(resolve))
    this.#front.closeAllConnections()
    await closed
  }

  noteOwnRequest(): void {
    this.ownRequestCount += 1
  }

  async look(call: CallOptions): Promise<Look> {
    return this.#call('look', call, () => ({
      text: this.file,
      workers: this.#workers(),
      upgrade: this.upgrade,
      masterTitle: 'nginx: master process nginx',
      life: this.life,
      vantages: [],
    }))
  }

  async write(text: string, call: CallOptions): Promise<void> {
    return this.#call('write', call, () => {
      this.file = text
    })
  }

  async remove(): Promise<void> {
    this.calls.push('remove')
    this.file = undefined
  }

  async test(call: CallOptions): Promise<TestVerdict> {
    return this.#call('test', call, () => {
      const { refusal } = this
      this.refusal = undefined
      const reason = refusal ?? refusalOf(this.file ?? '')
      return reason === undefined
        ? {
            isAccepted: true,
            output: 'nginx: the configuration file /fake/nginx.conf syntax is ok',
            dump: this.#dump(),
          }
        : { isAccepted: false, output: `nginx: [emerg] ${reason}` }
    })
  }

  async version(): Promise<string> {
    return '1.22.1'
  }

  /** Somebody takes the machine away and starts another one of its name: nothing of ours is left. */
  recreate(): void {
    this.file = undefined
    this.life = `after ${this.life}`
    this.#generations = []
    this.#load('')
  }

  /** Somebody replaces our file by one of their own, and has it loaded. */
  async loadElsewhere(): Promise<void> {
    this.file = (this.file ?? '').replace(/server \S+:\d+/, 'server 127.0.0.1:1')
    this.#load(this.file)
  }

  #dump(): string {
    const ms = this.#options.workerShutdownMs
    const main = ms === undefined ? '' : `worker_shutdown_timeout ${ms}ms;\n`
    const included = this.isIncluded ? `# configuration file ${this.configFile}:\n${this.file ?? ''}\n` : ''
    const includes = this.isIncluded ? 'include *.conf;' : 'include /fake/other/*;'
    const theirs = this.theirs === '' ? '' : `# configuration file /fake/a.conf:\n${this.theirs}\n`
    const dump = `# configuration file /fake/nginx.conf:\n${main}http { ${includes} }\n\n${theirs}${included}`
    installationFrom(dump)
    return dump
  }

  async reload(call: CallOptions): Promise<void> {
    return this.#call('reload', call, () => {
      if (this.ignoresReload) return
      void sleep(this.#options.reloadMs ?? 5).then(() => this.#load(this.file ?? ''))
    })
  }

  async workers(_: readonly string[], call: CallOptions): Promise<readonly NginxWorker[]> {
    return this.#call('workers', call, () => this.#workers())
  }

  #workers(): readonly NginxWorker[] {
    return this.#generations.map(({ worker, isLeaving }) => ({ id: worker, isLeaving }))
  }

  async stillRunning(ids: readonly string[], call: CallOptions): Promise<readonly NginxWorker[]> {
    return this.#call('stillRunning', call, () =>
      this.#generations
        .filter(({ worker }) => ids.includes(worker))
        .map(({ worker, isLeaving }) => ({ id: worker, isLeaving })),
    )
  }

  async connectedTo(ids: readonly string[], targets: readonly Address[]): Promise<readonly boolean[]> {
    const busy = this.#generations
      .filter(({ worker }) => ids.includes(worker))
      .flatMap(({ inFlight }) => [...inFlight].map(({ target }) => target))
    return targets.map((target) => busy.includes(keyOf(target)))
  }

  async watchErrors(): Promise<() => Promise<string>> {
    return async () => this.errorLog
  }

  async generation(): Promise<{ readonly told: string } | { readonly untold: string }> {
    const name = this.#current.name
    return name === '' ? { untold: 'connect ECONNREFUSED' } : { told: name }
  }

  get #current(): Generation {
    const current = this.#generations.at(-1)
    if (current === undefined) throw new Error('a fake nginx without workers')
    return current
  }

  async #call<T>(name: FakeCall, { signal }: CallOptions, work: () => T): Promise<T> {
    signal.throwIfAborted()
    this.calls.push(name)
    if (this.isMute) throw new FlotillaError('unavailable', 'the fake is not to be reached')
    // As a real one takes a while: nothing must rely on it being done at once.
    await untilAborted(() => sleep(1), signal)
    const fault = this.faults[name]
    delete this.faults[name]
    if (fault !== undefined) throw fault
    return work()
  }

  #load(text: string): void {
    const nodes = parseConfig(text)
    const upstream = nodes.find(({ name }) => name === 'upstream')?.body ?? []
    const servers = nodes.filter(({ name }) => name === 'server').map(({ body = [] }) => body)
    const empty = servers.find((body) =>
      body.some(({ name, args }) => name === 'return' && args[0] === '503'),
    )
    const unavailable = empty?.find(({ name }) => name === 'listen')?.args[0]
    const targets = upstream.filter(({ name }) => name === 'server').map(targetOf)
    this.#workerCount += 1
    const generation: Generation = {
      worker: `worker-${this.#workerCount}`,
      name: servers.flatMap(generationIn)[0] ?? '',
      targets,
      answers503: targets.every(({ address }) => keyOf(address) === unavailable),
      isLeaving: false,
      next: 0,
      inFlight: new Set(),
    }
    const old = this.#generations
    this.#generations = [...old, generation]
    for (const one of old) this.#leave(one)
  }

  #leave(generation: Generation): void {
    if (generation.isLeaving) return
    generation.isLeaving = true
    this.#endIfIdle(generation)
    const { workerShutdownMs } = this.#options
    if (workerShutdownMs === undefined) return
    const cut = (): void => {
      for (const { response } of generation.inFlight) response.destroy()
    }
    setTimeout(cut, workerShutdownMs).unref()
  }

  #endIfIdle(generation: Generation): void {
    if (!generation.isLeaving || generation.inFlight.size > 0) return
    this.#generations = this.#generations.filter((one) => one !== generation)
  }

  #serve(incoming: IncomingMessage, response: ServerResponse): void {
    const generation = this.#current
    if (generation.answers503) {
      response.writeHead(503, { 'retry-after': '1', connection: 'close' }).end()
      return
    }
    const rounds = generation.targets.flatMap(({ address, weight }) =>
      Array.from({ length: weight }, () => address),
    )
    const target = rounds[generation.next % rounds.length]
    generation.next += 1
    if (target === undefined) throw new Error('nothing to pass to')
    const flight = { target: keyOf(target), response }
    generation.inFlight.add(flight)
    response.on('close', () => {
      generation.inFlight.delete(flight)
      this.#endIfIdle(generation)
    })
    const { url = '/', headers } = incoming
    const passed = ask({ ...target, path: url, headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, { ...answer.headers, connection: 'close' })
      answer.pipe(response)
    })
    passed.on('error', () => response.destroy())
    response.on('close', () => passed.destroy())
    passed.end()
  }
}

function refusalOf(text: string): string | undefined {
  try {
    const upstream = parseConfig(text).find(({ name }) => name === 'upstream')
    return upstream?.body?.some(({ name }) => name === 'server') === false
      ? 'no servers are inside upstream in /fake/backend.conf:3'
      : undefined
  } catch {
    return 'unexpected end of file, expecting ";" or "}" in /fake/backend.conf:1'
  }
}

function targetOf({ args }: ConfigNode): Generation['targets'][number] {
  const [place = '', ...flags] = args
  const weight = flags.find((flag) => flag.startsWith('weight='))?.slice('weight='.length)
  const colon = place.lastIndexOf(':')
  const host = place.slice(0, colon)
  return { address: { host, port: Number(place.slice(colon + 1)) }, weight: Number(weight ?? 1) }
}

function generationIn(server: readonly ConfigNode[]): readonly string[] {
  const location = server.find(({ name, args }) => name === 'location' && args[1] === '/generation')
  const told = location?.body?.find(({ name }) => name === 'return')?.args[1]
  return told === undefined ? [] : [told]
}

function keyOf({ host, port }: Address): string {
  return `${host}:${port}`
}
