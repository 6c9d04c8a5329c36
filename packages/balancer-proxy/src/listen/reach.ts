import { connect, type AddressInfo, type Server, type Socket } from 'node:net'
import { lookup } from 'node:dns/promises'
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import { FlotillaError } from '@flotilla/core'
import { messageOf, untilAborted } from '@flotilla/core/authoring'

/** Where a connection to an address ends: at this server, at somebody else's, or nowhere. */
export type Reached = 'here' | 'elsewhere' | 'nowhere'

/**
 * A connection that the kernel has accepted is given to the server when its turn comes, one in each turn of the event
 * loop. When for so long not even another one has come in, ours never will.
 */
const arrivalMs = 1000

/** Proves from outside that connections come in at a server, without a word of HTTP: it knows them by their port. */
export class Reach {
  readonly #server: Server
  /** What is to be done when a connection of ours comes in, by the socket at its other end. */
  #arrivalCount = 0
  readonly #underWay = new Map<Socket, () => void>()

  constructor(server: Server) {
    this.#server = server
  }

  /** Takes a connection that has come in, if it is one of ours: it is no client, and takes nobody's room. */
  take(arrived: Socket): boolean {
    this.#arrivalCount += 1
    for (const [socket, isHere] of this.#underWay) {
      if (socket.localPort !== arrived.remotePort) continue
      arrived.destroy()
      isHere()
      return true
    }
    return false
  }

  /**
   * Connects to an address and looks whether that comes in here.
   *
   * @throws FlotillaError `unavailable` or `timeout` when it cannot be told; the signal's reason
   */
  async to(host: string, port: number, signal: AbortSignal): Promise<Reached> {
    const socket = connect({ host, port })
    const here = new Promise<Reached>((resolve) => {
      this.#underWay.set(socket, () => resolve('here'))
    })
    try {
      return await untilAborted(async () => Promise.race([here, this.#endOf(socket)]), signal)
    } finally {
      this.#underWay.delete(socket)
      socket.destroy()
    }
  }

  /** Looks at the server's own address, and at the others that clients may take for it. */
  async ask(
    host: string,
    signal: AbortSignal,
  ): Promise<{ readonly address: string; readonly reached: Reached }> {
    const bound = this.#server.address()
    if (bound === null || typeof bound === 'string') return { address: host, reached: 'nowhere' }
    const { own, others } = await addressesOf(bound, host)
    const reached = await this.to(own, bound.port, signal)
    if (reached !== 'here') return { address: own, reached }
    for (const address of others) {
      // Nobody there is no harm: clients then go on to the next address of the name.
      if ((await this.to(address, bound.port, signal)) === 'elsewhere')
        return { address, reached: 'elsewhere' }
    }
    return { address: own, reached }
  }

  /** Where a connection ends that does not come in here. */
  async #endOf(socket: Socket): Promise<Reached> {
    return new Promise((resolve, reject) => {
      socket.once('connect', () => void this.#untilQuiet(socket).then(() => resolve('elsewhere')))
      // It stays: a connection that is cut later is no news.
      socket.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ECONNREFUSED') return resolve('nowhere')
        if (error.code === 'ECONNRESET') return
        const what = `check the proxy: connect to its own address: ${messageOf(error)}`
        const code = error.code === 'ETIMEDOUT' ? 'timeout' : 'unavailable'
        reject(new FlotillaError(code, what, { cause: error }))
      })
    })
  }

  /** Resolves when nothing has come in for a while, or nobody waits any more. */
  async #untilQuiet(socket: Socket): Promise<void> {
    for (let before = -1; before !== this.#arrivalCount && this.#underWay.has(socket);) {
      before = this.#arrivalCount
      await sleep(arrivalMs, undefined, { ref: false })
      // A loop that was busy comes to timers first and to connections after.
      await turn()
      await turn()
    }
  }
}

async function addressesOf(
  { address }: AddressInfo,
  host: string,
): Promise<{ readonly own: string; readonly others: readonly string[] }> {
  if (address === '0.0.0.0') return { own: '127.0.0.1', others: [] }
  if (address === '::') return { own: '::1', others: ['127.0.0.1'] }
  if (host === address) return { own: address, others: [] }
  const found = await lookup(host, { all: true }).catch(() => [])
  return { own: address, others: found.map((each) => each.address).filter((each) => each !== address) }
}
